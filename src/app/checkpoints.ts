// Checkpoints of the control loop in the state store, under `learn/SERVICE`. Reading happens once, before anything is
// served; writing is behind the loop's back: at most one write per service is under way, and only the newest follows it.
// What a large service has learned is longer than a value of the store may be: the rest is under `learn/SERVICE/1` and so
// on, written in one commit, so that parts of two checkpoints never meet.
import type { Checkpoint, CheckpointStore } from "../control/checkpoint.js";
import { SteelyardError } from "../model/errors.js";
import type { ServiceName } from "../model/ids.js";
import type { Component } from "../runtime/component.js";
import type { Logger } from "../runtime/logger.js";
import type { MetricSink } from "../runtime/metrics.js";
import type { Op, StateStore } from "../store/state-store.js";

const PREFIX = "learn/";
const PART_BYTES = 512 * 1024;

export class StoredCheckpoints implements CheckpointStore, Component {
  readonly name = "checkpoints";
  readonly #store: StateStore;
  readonly #logger: Logger;
  readonly #metrics: MetricSink;
  readonly #loaded = new Map<string, unknown>();
  /** How many parts each service has in the store. */
  readonly #parts = new Map<string, number>();
  readonly #drains = new Set<Promise<void>>();
  /** Services with a write under way, and what is to be written next; "" = nothing is to be left. */
  readonly #writing = new Map<ServiceName, string | undefined>();

  constructor({ store, logger, metrics }: { store: StateStore; logger: Logger; metrics: MetricSink }) {
    this.#store = store;
    this.#logger = logger;
    this.#metrics = metrics;
  }

  /** Reads all checkpoints; before the control loop starts. */
  async start(): Promise<void> {
    const { entries } = await this.#store.snapshot(PREFIX);
    const stored = new Map<string, Uint8Array[]>();
    for (const { key, value } of entries) {
      const [service = "", part = "0"] = key.slice(PREFIX.length).split("/");
      const parts = stored.get(service) ?? [];
      parts[Number(part)] = value;
      stored.set(service, parts);
    }
    for (const [service, parts] of stored) {
      this.#parts.set(service, parts.length);
      try {
        const bytes = Buffer.concat(parts);
        this.#loaded.set(service, JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
      } catch (thrown) {
        this.#logger.warn({ service, err: thrown }, "checkpoint is not JSON, learning starts anew");
      }
    }
  }

  /** Resolves when what was to be written is. */
  async stop(): Promise<void> {
    await Promise.all(this.#drains);
  }

  load(service: ServiceName): unknown {
    const checkpoint = this.#loaded.get(service);
    this.#loaded.delete(service);
    return checkpoint;
  }

  save(service: ServiceName, checkpoint: Checkpoint): void {
    this.#write(service, JSON.stringify(checkpoint));
  }

  forget(service: ServiceName): void {
    this.#loaded.delete(service);
    this.#write(service, "");
  }

  #write(service: ServiceName, text: string): void {
    if (this.#writing.has(service)) {
      this.#writing.set(service, text);
      return;
    }
    this.#writing.set(service, undefined);
    const drain = this.#drain(service, text).finally(() => this.#drains.delete(drain));
    this.#drains.add(drain);
  }

  async #drain(service: ServiceName, first: string): Promise<void> {
    for (let text: string | undefined = first; text !== undefined; text = this.#writing.get(service)) {
      this.#writing.set(service, undefined);
      const values = partsOf(text);
      const before = this.#parts.get(service) ?? 0;
      // Assumed before it is known: a write that is reported lost may have happened.
      this.#parts.set(service, Math.max(before, values.length));
      try {
        await this.#store.commit(opsOf(service, values, before));
        if (values.length > 0) this.#parts.set(service, values.length);
        else this.#parts.delete(service);
      } catch (thrown) {
        this.#metrics.count("steelyard_checkpoint_failures_total");
        this.#logger.warn({ service, code: SteelyardError.from(thrown).code }, "checkpoint not saved");
      }
    }
    this.#writing.delete(service);
  }
}

function partsOf(text: string): readonly Uint8Array[] {
  const bytes = new TextEncoder().encode(text);
  const parts: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; from += PART_BYTES) parts.push(bytes.subarray(from, from + PART_BYTES));
  return parts;
}

/** Replaces whatever is there. @param before parts that may be in the store */
function opsOf(service: ServiceName, values: readonly Uint8Array[], before: number): readonly Op[] {
  const puts = values.map((value, part): Op => ({ type: "put", key: keyOf(service, part), value }));
  const deletes: Op[] = [];
  for (let part = values.length; part < Math.max(before, 1); part++) {
    deletes.push({ type: "delete", key: keyOf(service, part) });
  }
  return [...puts, ...deletes];
}

function keyOf(service: ServiceName, part: number): string {
  return part === 0 ? PREFIX + service : `${PREFIX}${service}/${part}`;
}
