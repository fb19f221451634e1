// Ends drains early: an instance that takes no new requests and has none in flight need not wait for its timeout. Only fresh
// reports count: every proxy that reports has, in two rounds one after the other, sent it nothing and waits for nothing, and
// the instance itself, where it tells, says the same. With no reports it is the timeout that ends the drain.
import type { InstanceId, ServiceName } from "../model/ids.js";
import type { EndpointLoad, LoadRound } from "../model/load.js";
import type { WeightPlan } from "../model/plan.js";
import type { ServiceSnapshot } from "../model/service.js";
import type { Component } from "../runtime/component.js";
import type { Logger } from "../runtime/logger.js";
import type { WatchableMap } from "../runtime/watchable-map.js";

export interface DrainWatchOptions {
  readonly services: WatchableMap<ServiceName, ServiceSnapshot>;
  readonly plans: WatchableMap<ServiceName, WeightPlan>;
  readonly onRound: (handler: (round: LoadRound) => void) => () => void;
  /** Removes the instance, if it still drains. */
  readonly finishDrain: (service: ServiceName, instance: InstanceId) => Promise<boolean>;
  readonly logger: Logger;
}

/** One may have been under way when the proxies were told. */
const IDLE_ROUNDS = 2;

export class DrainWatch implements Component {
  readonly name = "drain-watch";
  readonly #options: DrainWatchOptions;
  /** By service: idle rounds in a row of those who drain. */
  readonly #idle = new Map<ServiceName, ReadonlyMap<InstanceId, number>>();
  #unsubscribe: (() => void) | undefined;

  constructor(options: DrainWatchOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#unsubscribe = this.#options.onRound((round) => this.#onRound(round));
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#idle.clear();
  }

  #onRound({ service, loads }: LoadRound): void {
    const { services, plans } = this.#options;
    const draining = services.get(service)?.instances.filter(({ drain }) => drain?.left === 0) ?? [];
    if (draining.length === 0) {
      this.#idle.delete(service);
      return;
    }
    const told = new Set(
      plans.get(service)?.entries.flatMap(({ instance, health }) => (health === "DRAINING" ? [instance] : [])),
    );
    const before = this.#idle.get(service);
    const idle = new Map<InstanceId, number>();
    for (const { id } of draining) {
      if (!told.has(id) || !isIdle(loads.get(id))) continue;
      const rounds = (before?.get(id) ?? 0) + 1;
      idle.set(id, rounds);
      if (rounds === IDLE_ROUNDS) void this.#finish(service, id);
    }
    this.#idle.set(service, idle);
  }

  async #finish(service: ServiceName, instance: InstanceId): Promise<void> {
    const { finishDrain, logger } = this.#options;
    try {
      if (await finishDrain(service, instance))
        logger.info({ service, instance }, "drained: nothing in flight any more");
    } catch (error) {
      logger.warn({ service, instance, err: error }, "drained, and not removed: its timeout will");
    }
  }
}

/** An endpoint that no report mentions has nothing in flight. */
function isIdle(load: EndpointLoad | undefined): boolean {
  if (load === undefined) return true;
  const { issued, inFlight, openConnections = 0, reportedInFlight = 0 } = load;
  return issued + inFlight + openConnections + reportedInFlight === 0;
}
