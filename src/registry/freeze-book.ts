// Which services an operator froze, and until when. Durable, because whoever froze the weights for the night must find them
// frozen after a crash. A freeze ends by its ttl, by being lifted, or with its service. The end takes effect in memory at
// once and in the store when that can be written; what is left there is found to be over at the next start.
import { z } from "zod";
import { SteelyardError } from "../model/errors.js";
import type { Freeze } from "../model/freeze.js";
import { parseServiceName, type ServiceName } from "../model/ids.js";
import type { ServiceSnapshot } from "../model/service.js";
import type { Cancel, Clock } from "../runtime/clock.js";
import type { Component } from "../runtime/component.js";
import type { Logger } from "../runtime/logger.js";
import { WatchableMap } from "../runtime/watchable-map.js";
import type { Entry, Op, StateStore } from "../store/state-store.js";
import { KeyedLock } from "./keyed-lock.js";

const PREFIX = "freezes/";

/** Longest time that a freeze may be given, seconds: a week. Without a ttl it holds until it is lifted. */
export const MAX_FREEZE_TTL_S = 604_800;

const recordSchema = z.object({
  reason: z.string(),
  frozenAtMs: z.number(),
  expiresAtMs: z.number().optional(),
});

export interface FreezeRequest {
  /** For people; "" = not given. */
  readonly reason: string;
  /** Milliseconds, > 0; undefined = until it is lifted. */
  readonly ttlMs?: number | undefined;
}

export interface FreezeBookOptions {
  readonly store: StateStore;
  readonly services: WatchableMap<ServiceName, ServiceSnapshot>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class FreezeBook implements Component {
  readonly name = "freezes";
  /** Services that are frozen now. */
  readonly freezes = new WatchableMap<ServiceName, Freeze>();
  readonly #options: FreezeBookOptions;
  readonly #lock = new KeyedLock();
  readonly #expiries = new Map<ServiceName, Cancel>();
  readonly #cleanups = new Set<Promise<void>>();
  #unsubscribe: (() => void) | undefined;

  constructor(options: FreezeBookOptions) {
    this.#options = options;
  }

  /** After the catalogue, before the control loop. @throws SteelyardError ERR_STORE_UNAVAILABLE */
  async start(): Promise<void> {
    const { store, services } = this.#options;
    const { entries } = await store.snapshot(PREFIX);
    for (const entry of entries) this.#restore(entry);
    this.#unsubscribe = services.subscribe((changes) => {
      for (const [service, snapshot] of changes) {
        if (snapshot === undefined && this.freezes.get(service) !== undefined) this.#end(service, "service gone");
      }
    });
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    for (const cancel of this.#expiries.values()) cancel();
    this.#expiries.clear();
    await Promise.all(this.#cleanups);
  }

  /**
   * Freezes the weights of a service, or changes reason and ttl of its freeze. Resolves when it is durable and in effect.
   * @throws SteelyardError ERR_UNKNOWN_SERVICE, ERR_STORE_UNAVAILABLE, ERR_STORE_FULL
   */
  async freeze(service: ServiceName, { reason, ttlMs }: FreezeRequest): Promise<Freeze> {
    const { store, services, clock } = this.#options;
    return this.#lock.run(service, async () => {
      if (services.get(service) === undefined) {
        throw new SteelyardError("ERR_UNKNOWN_SERVICE", `there is no service ${service}`);
      }
      const nowMs = clock.wallMs();
      const freeze: Freeze = {
        reason,
        frozenAtMs: this.freezes.get(service)?.frozenAtMs ?? nowMs,
        expiresAtMs: ttlMs === undefined ? undefined : nowMs + ttlMs,
      };
      await store.commit([putFreeze(service, freeze)]);
      this.#take(service, freeze);
      if (services.get(service) === undefined) this.#end(service, "service gone meanwhile");
      return freeze;
    });
  }

  /** Lifts the freeze. Returns whether there was one. @throws SteelyardError of the store, and then it still holds */
  async unfreeze(service: ServiceName): Promise<boolean> {
    return this.#lock.run(service, async () => {
      const wasFrozen = this.freezes.get(service) !== undefined;
      // Also when memory knows of none: a freeze whose write was reported lost may be in the store.
      await this.#options.store.commit([deleteFreeze(service)]);
      this.#drop(service);
      return wasFrozen;
    });
  }

  #restore({ key, value }: Entry): void {
    const { services, clock, logger } = this.#options;
    try {
      const service = parseServiceName(key.slice(PREFIX.length));
      const record = recordSchema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(value)));
      const freeze: Freeze = { ...record, expiresAtMs: record.expiresAtMs };
      const over = freeze.expiresAtMs !== undefined && freeze.expiresAtMs <= clock.wallMs();
      if (over || services.get(service) === undefined) this.#cleanUp(service);
      else this.#take(service, freeze);
    } catch (thrown) {
      logger.error({ key, err: thrown }, "record of a freeze ignored");
    }
  }

  #take(service: ServiceName, freeze: Freeze): void {
    this.#expiries.get(service)?.();
    this.#expiries.delete(service);
    this.freezes.store(service, freeze);
    if (freeze.expiresAtMs !== undefined) this.#scheduleExpiry(service, freeze.expiresAtMs);
  }

  /** The wall clock may have been set meanwhile, so it is asked again when the time has passed. */
  #scheduleExpiry(service: ServiceName, expiresAtMs: number): void {
    const { clock } = this.#options;
    const leftMs = expiresAtMs - clock.wallMs();
    if (leftMs <= 0) {
      this.#end(service, "its time has passed");
      return;
    }
    this.#expiries.set(
      service,
      clock.schedule(Math.min(leftMs, 1_000 * MAX_FREEZE_TTL_S), () => this.#scheduleExpiry(service, expiresAtMs)),
    );
  }

  #end(service: ServiceName, reason: string): void {
    this.#options.logger.info({ service, reason }, "freeze ended");
    this.#drop(service);
    this.#cleanUp(service);
  }

  #drop(service: ServiceName): void {
    this.#expiries.get(service)?.();
    this.#expiries.delete(service);
    this.freezes.delete(service);
  }

  #cleanUp(service: ServiceName): void {
    const { store, logger } = this.#options;
    const done = this.#lock
      .run(service, async () => {
        if (this.freezes.get(service) === undefined) await store.commit([deleteFreeze(service)]);
      })
      .catch((thrown: unknown) => logger.debug({ service, err: thrown }, "ended freeze stays in the store for now"))
      .finally(() => this.#cleanups.delete(done));
    this.#cleanups.add(done);
  }
}

function putFreeze(service: ServiceName, freeze: Freeze): Op {
  return { type: "put", key: PREFIX + service, value: new TextEncoder().encode(JSON.stringify(freeze)) };
}

function deleteFreeze(service: ServiceName): Op {
  return { type: "delete", key: PREFIX + service };
}
