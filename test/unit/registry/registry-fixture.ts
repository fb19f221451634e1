// A registry on a clock and a store that a test can hold, break and restart.

import { SteelyardError } from "../../../src/model/errors.js";
import { parseInstanceId, parseServiceName } from "../../../src/model/ids.js";
import type { CatalogueInstance } from "../../../src/model/instance.js";
import { type InstanceBody, parseInstanceSpec } from "../../../src/registry/instance-spec.js";
import { Registry } from "../../../src/registry/registry.js";
import type { RegistryOptions } from "../../../src/registry/registry-options.js";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import { seededRng } from "../../../src/runtime/rng.js";
import { MemoryStore } from "../../../src/store/memory/memory-store.js";
import type { CommitResult, Guard, Op, StateStore, StoreHealth } from "../../../src/store/state-store.js";

/** Time can jump without any timer firing in between, as for a process that was stopped. */
export class StoppableClock extends ManualClock {
  #jumpedMs = 0;

  override nowMs(): number {
    return super.nowMs() + this.#jumpedMs;
  }

  override wallMs(): number {
    return 1_700_000_000_000 + this.nowMs();
  }

  jump(ms: number): void {
    this.#jumpedMs += ms;
  }
}

/** `lost`: commits are applied, but reported as failed, as after a time-out. */
export class BreakableStore implements StateStore {
  readonly inner: StateStore;
  mode: "up" | "down" | "full" | "lost" = "up";
  commits = 0;
  /** Commits wait for it, when set. */
  gate: Promise<void> | undefined;

  constructor(inner: StateStore) {
    this.inner = inner;
  }

  get caps(): StateStore["caps"] {
    return this.inner.caps;
  }

  async commit(ops: readonly Op[], guards?: readonly Guard[]): Promise<CommitResult> {
    this.commits++;
    await this.gate;
    if (this.mode === "down") throw new SteelyardError("ERR_STORE_UNAVAILABLE", "store down");
    if (this.mode === "full") throw new SteelyardError("ERR_STORE_FULL", "disk full");
    const result = await this.inner.commit(ops, guards);
    if (this.mode === "lost") throw new SteelyardError("ERR_STORE_UNAVAILABLE", "timed out");
    return result;
  }

  health(): StoreHealth {
    return this.mode === "up" || this.mode === "lost" ? this.inner.health() : { up: false, detail: this.mode };
  }

  snapshot: StateStore["snapshot"] = (prefix) => this.inner.snapshot(prefix);
  watch: StateStore["watch"] = (prefix, from, handlers) => this.inner.watch(prefix, from, handlers);
  close: StateStore["close"] = () => this.inner.close();
}

export const service = parseServiceName("orders");
export const id = (text: string | number) => parseInstanceId(`i${text}`);
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A registration of its own address per number. */
export const spec = (index: number, body: Partial<InstanceBody> = {}) =>
  parseInstanceSpec({ address: `10.0.${index >> 8}.${index & 255}`, port: 8_080, ...body });

export async function makeRegistry(options: Partial<RegistryOptions> = {}) {
  const clock = new StoppableClock();
  const store = new BreakableStore(options.store ?? new MemoryStore());
  const start = async (): Promise<Registry> => {
    const registry = new Registry({ rng: seededRng(1), ...options, store, clock });
    await registry.start();
    return registry;
  };
  return { clock, store, registry: await start(), restart: start };
}

export const instancesOf = (registry: Registry, name = service): readonly CatalogueInstance[] =>
  registry.services.get(name)?.instances ?? [];

/** Lets time pass in steps of a second; instances for which `beats` is true send a heartbeat every 10 s. */
export async function pass(
  registry: Registry,
  clock: StoppableClock,
  seconds: number,
  beats: (instance: CatalogueInstance) => boolean = () => false,
): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    clock.advance(1_000);
    if (Math.round(clock.nowMs() / 1_000) % 10 === 0) {
      for (const instance of instancesOf(registry)) {
        if (beats(instance)) registry.heartbeat(instance.service, instance.id);
      }
    }
    await settled();
  }
}
