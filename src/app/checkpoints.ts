// Checkpoints of the control loop in the state store, under `learn/`. Reading happens once, before anything is served;
// writing is behind the loop's back: at most one write per service is under way, and only the newest follows it.
import type { Checkpoint, CheckpointStore } from "../control/checkpoint.js";
import { SteelyardError } from "../model/errors.js";
import type { ServiceName } from "../model/ids.js";
import type { Component } from "../runtime/component.js";
import type { Logger } from "../runtime/logger.js";
import type { MetricSink } from "../runtime/metrics.js";
import type { Op, StateStore } from "../store/state-store.js";

const PREFIX = "learn/";

export class StoredCheckpoints implements CheckpointStore, Component {
  readonly name = "checkpoints";
  readonly #store: StateStore;
  readonly #logger: Logger;
  readonly #metrics: MetricSink;
  readonly #loaded = new Map<string, unknown>();
  readonly #drains = new Set<Promise<void>>();
  /** Services with a write under way, and what is to be written next. */
  readonly #writing = new Map<ServiceName, Op | undefined>();

  constructor({ store, logger, metrics }: { store: StateStore; logger: Logger; metrics: MetricSink }) {
    this.#store = store;
    this.#logger = logger;
    this.#metrics = metrics;
  }

  /** Reads all checkpoints; before the control loop starts. */
  async start(): Promise<void> {
    const { entries } = await this.#store.snapshot(PREFIX);
    for (const { key, value } of entries) {
      try {
        this.#loaded.set(key.slice(PREFIX.length), JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(value)));
      } catch (thrown) {
        this.#logger.warn({ key, err: thrown }, "checkpoint is not JSON, learning starts anew");
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
    this.#write(service, {
      type: "put",
      key: PREFIX + service,
      value: new TextEncoder().encode(JSON.stringify(checkpoint)),
    });
  }

  forget(service: ServiceName): void {
    this.#loaded.delete(service);
    this.#write(service, { type: "delete", key: PREFIX + service });
  }

  #write(service: ServiceName, op: Op): void {
    if (this.#writing.has(service)) {
      this.#writing.set(service, op);
      return;
    }
    this.#writing.set(service, undefined);
    const drain = this.#drain(service, op).finally(() => this.#drains.delete(drain));
    this.#drains.add(drain);
  }

  async #drain(service: ServiceName, first: Op): Promise<void> {
    for (let op: Op | undefined = first; op !== undefined; op = this.#writing.get(service)) {
      this.#writing.set(service, undefined);
      try {
        await this.#store.commit([op]);
      } catch (thrown) {
        this.#metrics.count("steelyard_checkpoint_failures_total");
        this.#logger.warn({ service, code: SteelyardError.from(thrown).code }, "checkpoint not saved");
      }
    }
    this.#writing.delete(service);
  }
}
