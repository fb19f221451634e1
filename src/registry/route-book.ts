// The routes that users declared: durable, loaded before the first proxy is let in. Writes come one after the other, so
// that of two routes with one domain the second is refused however close together they come.
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { SteelyardError } from "../model/errors.js";
import { parseRouteName, type RouteName, type ServiceName } from "../model/ids.js";
import { type NamedRoute, type Route, routeSchema } from "../model/route/route.js";
import type { ServicePolicy, ServiceSnapshot } from "../model/service.js";
import type { Component } from "../runtime/component.js";
import type { Logger } from "../runtime/logger.js";
import type { MetricSink } from "../runtime/metrics.js";
import { WatchableMap } from "../runtime/watchable-map.js";
import type { Entry, Op, StateStore } from "../store/state-store.js";
import { KeyedLock } from "./keyed-lock.js";
import { DEFAULT_REGISTRY_LIMITS } from "./limits.js";
import { assertRevision } from "./registration-rules.js";
import { assertRoute, namesService } from "./route-rules.js";

const PREFIX = "routes/";
const recordSchema = z.object({ route: routeSchema });

export interface RouteBookOptions {
  readonly store: StateStore;
  readonly services: WatchableMap<ServiceName, ServiceSnapshot>;
  readonly logger: Logger;
  readonly metrics: MetricSink;
  /** Whether the algorithm of a policy hashes a key of the request. */
  readonly hashes: (policy: ServicePolicy) => boolean;
  /** Default 1,000. */
  readonly maxRoutes?: number;
}

export interface ConditionalWrite {
  /** Only create. */
  readonly ifNoneMatch?: boolean;
  /** Only replace this revision. */
  readonly ifMatch?: number | undefined;
}

export class RouteBook implements Component {
  readonly name = "routes";
  readonly routes = new WatchableMap<RouteName, NamedRoute>();
  readonly #options: RouteBookOptions;
  readonly #lock = new KeyedLock();
  #revision = 0;

  constructor(options: RouteBookOptions) {
    this.#options = options;
  }

  /** After the catalogue, before the publisher. @throws SteelyardError ERR_STORE_UNAVAILABLE */
  async start(): Promise<void> {
    const { rev, entries } = await this.#options.store.snapshot(PREFIX);
    this.#revision = rev;
    for (const entry of entries) this.#restore(entry);
  }

  async stop(): Promise<void> {}

  /** Of all routes together: grows with every change, never goes back. */
  revision(): number {
    return this.#revision;
  }

  /** Routes that send or mirror requests to this service, sorted. */
  usersOf(service: ServiceName): readonly RouteName[] {
    const users = [...this.routes.entries()].filter(([, { route }]) => namesService(route, service));
    return users.map(([name]) => name).sort();
  }

  /**
   * Creates or replaces a route; one that says the same costs no revision. Resolves when it is durable and on its way.
   * @throws SteelyardError ERR_INVALID_REQUEST, ERR_DOMAIN_CONFLICT, ERR_ALREADY_EXISTS, ERR_REVISION_MISMATCH,
   *   ERR_QUOTA_EXCEEDED, of the store
   */
  async put(
    name: RouteName,
    route: Route,
    { ifNoneMatch = false, ifMatch }: ConditionalWrite = {},
  ): Promise<{ readonly route: NamedRoute; readonly outcome: "created" | "changed" | "unchanged" }> {
    return this.#lock.run(PREFIX, async () => {
      const known = this.routes.get(name);
      if (known && ifNoneMatch) throw new SteelyardError("ERR_ALREADY_EXISTS", `route ${name} exists already`);
      assertRevision(`route ${name}`, known?.revision, ifMatch);
      if (known && isDeepStrictEqual(known.route, route)) return { route: known, outcome: "unchanged" };
      this.#assertFits(name, route, new Map(this.routes.entries()).values());
      if (!known) this.#assertRoom(this.routes.size + 1);
      const revision = await this.#commit([putRoute(name, route)]);
      const written: NamedRoute = { name, route, revision };
      this.routes.store(name, written);
      return { route: written, outcome: known ? "changed" : "created" };
    });
  }

  /**
   * Creates or replaces several in one step, so that a domain can go from one to another.
   * @throws SteelyardError ERR_INVALID_REQUEST, ERR_DOMAIN_CONFLICT, ERR_QUOTA_EXCEEDED, of the store
   */
  async putAll(routes: Readonly<Record<RouteName, Route>>): Promise<void> {
    await this.#lock.run(PREFIX, async () => {
      const changed = Object.entries(routes)
        .map(([name, route]) => ({ name: parseRouteName(name), route }))
        .filter(({ name, route }) => !isDeepStrictEqual(this.routes.get(name)?.route, route));
      if (changed.length === 0) return;
      const after = new Map(this.routes.entries());
      for (const { name, route } of changed) after.set(name, { name, route, revision: 0 });
      for (const { name, route } of changed) this.#assertFits(name, route, after.values());
      this.#assertRoom(after.size);
      const revision = await this.#commit(changed.map(({ name, route }) => putRoute(name, route)));
      for (const { name, route } of changed) this.routes.store(name, { name, route, revision });
    });
  }

  /** Returns whether there was one. @throws SteelyardError ERR_REVISION_MISMATCH, of the store */
  async delete(name: RouteName, { ifMatch }: Pick<ConditionalWrite, "ifMatch"> = {}): Promise<boolean> {
    return this.#lock.run(PREFIX, async () => {
      const known = this.routes.get(name);
      if (known) assertRevision(`route ${name}`, known.revision, ifMatch);
      // Also when memory knows of none: one whose write was reported lost may be in the store.
      await this.#commit([{ type: "delete", key: PREFIX + name }]);
      this.routes.delete(name);
      return known !== undefined;
    });
  }

  #restore({ key, value, rev }: Entry): void {
    try {
      const name = parseRouteName(key.slice(PREFIX.length));
      const { route } = recordSchema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(value)));
      this.routes.store(name, { name, route, revision: rev });
    } catch (thrown) {
      this.#options.metrics.count("steelyard_registry_bad_records_total");
      this.#options.logger.error({ key, err: thrown }, "record of a route ignored");
    }
  }

  #assertFits(name: RouteName, route: Route, routes: Iterable<NamedRoute>): void {
    const { services, hashes } = this.#options;
    assertRoute(name, route, { policyOf: (service) => services.get(service)?.policy, hashes, routes });
  }

  #assertRoom(needed: number): void {
    const { maxRoutes = DEFAULT_REGISTRY_LIMITS.maxRoutes } = this.#options;
    if (needed <= maxRoutes) return;
    throw new SteelyardError("ERR_QUOTA_EXCEEDED", `${maxRoutes} routes is the limit`);
  }

  async #commit(ops: readonly Op[]): Promise<number> {
    const result = await this.#options.store.commit(ops);
    if (!result.ok) throw new SteelyardError("ERR_INTERNAL", "an unguarded commit of routes was refused");
    this.#revision = Math.max(this.#revision, result.rev);
    return result.rev;
  }
}

function putRoute(name: RouteName, route: Route): Op {
  return { type: "put", key: PREFIX + name, value: new TextEncoder().encode(JSON.stringify({ route })) };
}
