// Which instances were failing, in the store under `probes/SERVICE/ID`: a restart must not send traffic back to them before
// they pass. Read once, before the catalogue is; written in the background, the newest word about each instance only.
import { z } from "zod";
import { SteelyardError } from "../model/errors.js";
import type { InstanceId, ServiceName } from "../model/ids.js";
import type { Component } from "../runtime/component.js";
import type { Logger } from "../runtime/logger.js";
import type { Op, StateStore } from "../store/state-store.js";

const PREFIX = "probes/";
const MAX_OPS = 500;

const recordSchema = z.object({
  /** Which process it was about: address, port and generation. */
  identity: z.string().max(512),
  answered: z.boolean(),
  detail: z.string().max(200),
});

export type FailingRecord = z.output<typeof recordSchema>;

export class FailingRecords implements Component {
  readonly name = "probe-records";
  readonly #store: StateStore;
  readonly #logger: Logger;
  readonly #stored = new Map<string, FailingRecord>();
  /** What is to be written; undefined = to be deleted. */
  readonly #pending = new Map<string, FailingRecord | undefined>();
  #writing: Promise<void> | undefined;

  constructor({ store, logger }: { store: StateStore; logger: Logger }) {
    this.#store = store;
    this.#logger = logger;
  }

  /** @throws SteelyardError ERR_STORE_UNAVAILABLE */
  async start(): Promise<void> {
    const { entries } = await this.#store.snapshot(PREFIX);
    for (const { key, value } of entries) {
      try {
        this.#stored.set(key, recordSchema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(value))));
      } catch (thrown) {
        this.#logger.warn({ key, err: thrown }, "record of a failing instance ignored");
      }
    }
  }

  /** Resolves when what was to be written is, or cannot be. */
  async stop(): Promise<void> {
    await this.#writing;
  }

  /** What the store says about this process; undefined = it was not failing. */
  of(service: ServiceName, id: InstanceId, identity: string): FailingRecord | undefined {
    const record = this.#stored.get(keyOf(service, id));
    return record?.identity === identity ? record : undefined;
  }

  put(service: ServiceName, id: InstanceId, record: FailingRecord): void {
    this.#stored.set(keyOf(service, id), record);
    this.#write(keyOf(service, id), record);
  }

  delete(service: ServiceName, id: InstanceId): void {
    if (this.#stored.delete(keyOf(service, id))) this.#write(keyOf(service, id), undefined);
  }

  /** Deletes the records of everybody else: of those that left while nobody looked. */
  retain(isFailing: (service: ServiceName, id: InstanceId) => boolean): void {
    for (const key of this.#stored.keys()) {
      const [service = "", id = ""] = key.slice(PREFIX.length).split("/");
      if (isFailing(service as ServiceName, id as InstanceId)) continue;
      this.#stored.delete(key);
      this.#write(key, undefined);
    }
  }

  #write(key: string, record: FailingRecord | undefined): void {
    this.#pending.set(key, record);
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
    });
  }

  async #drain(): Promise<void> {
    await Promise.resolve(); // all that one turn has to say goes into one commit
    while (this.#pending.size > 0) {
      const batch = [...this.#pending].slice(0, MAX_OPS);
      for (const [key] of batch) this.#pending.delete(key);
      try {
        await this.#store.commit(batch.map(([key, record]) => opOf(key, record)));
      } catch (thrown) {
        this.#logger.warn({ code: SteelyardError.from(thrown).code }, "verdicts of probes not saved");
      }
    }
  }
}

function keyOf(service: ServiceName, id: InstanceId): string {
  return `${PREFIX}${service}/${id}`;
}

function opOf(key: string, record: FailingRecord | undefined): Op {
  if (record === undefined) return { type: "delete", key };
  return { type: "put", key, value: new TextEncoder().encode(JSON.stringify(record)) };
}
