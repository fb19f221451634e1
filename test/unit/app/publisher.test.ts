import { describe, expect, test } from "@jest/globals";
import { Publisher } from "../../../src/app/publisher.js";
import { LEAST_REQUEST } from "../../../src/model/enforcement.js";
import { parseRouteName, type RouteName, type ServiceName } from "../../../src/model/ids.js";
import type { WeightPlan } from "../../../src/model/plan.js";
import { type NamedRoute, routeSchema } from "../../../src/model/route/route.js";
import { DEFAULT_SERVICE_POLICY, type ServiceSnapshot } from "../../../src/model/service.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { noMetrics } from "../../../src/runtime/metrics.js";
import { WatchableMap } from "../../../src/runtime/watchable-map.js";
import { type CacheChange, ResourceCache } from "../../../src/xds/resource-cache.js";
import { planEntry, weightPlan } from "../../harness/plan.js";
import { instanceOf, SERVICE } from "../../harness/plant.js";

const [FULL, WEIGHTS] = ["full", "weights"];
const short = (typeUrl: string) => typeUrl.slice(typeUrl.lastIndexOf(".") + 1);

function planOf(snapshot: ServiceSnapshot, revision: number, weight = 100): WeightPlan {
  return weightPlan(
    snapshot.service,
    snapshot.instances.map((instance) => planEntry(instance, { weight, share: 1 })),
    { revision },
  );
}

class RecordingCache extends ResourceCache {
  readonly calls: string[] = [];
  override apply(audience: string, change: CacheChange): void {
    const upserts = (change.upsert ?? []).map(({ typeUrl, name }) => `+${short(typeUrl)}/${name}`);
    const removals = (change.remove ?? []).map(({ typeUrl, name }) => `-${short(typeUrl)}/${name}`);
    this.calls.push(`${audience}: ${[...upserts, ...removals].join(" ")}`);
    super.apply(audience, change);
  }
}

function setUp() {
  const services = new WatchableMap<ServiceName, ServiceSnapshot>();
  const plans = new WatchableMap<ServiceName, WeightPlan>();
  const routes = new WatchableMap<RouteName, NamedRoute>();
  const cache = new RecordingCache();
  const publisher = new Publisher({
    services,
    routes,
    plans,
    cache,
    listener: { address: "127.0.0.1", port: 10_000 },
    logger: silentLogger,
    metrics: noMetrics,
  });
  const snapshot: ServiceSnapshot = {
    service: SERVICE,
    policy: DEFAULT_SERVICE_POLICY,
    instances: [instanceOf({ id: "a", health: "HEALTHY" }, 9_000)],
    revision: 1,
    declared: false,
  };
  return { services, plans, routes, cache, publisher, snapshot };
}

describe("Publisher", () => {
  test("what is known at the start is in the cache when start resolves; nodes of mode B get assignments only", async () => {
    const { services, plans, cache, publisher, snapshot } = setUp();
    services.store(SERVICE, snapshot);
    plans.store(SERVICE, planOf(snapshot, 1));
    await publisher.start();
    expect(cache.calls).toEqual([
      `${FULL}: +Cluster/shop +ClusterLoadAssignment/shop +Listener/gateway +RouteConfiguration/gateway`,
      `${WEIGHTS}: +ClusterLoadAssignment/shop`,
    ]);
  });

  test("a plan of the same revision says nothing; a new one sends no route; a removed service goes with its route", async () => {
    const { services, plans, cache, publisher, snapshot } = setUp();
    services.store(SERVICE, snapshot);
    plans.store(SERVICE, planOf(snapshot, 1));
    await publisher.start();
    cache.calls.length = 0;
    plans.store(SERVICE, planOf(snapshot, 1));
    await Promise.resolve();
    expect(cache.calls).toEqual([]);
    plans.store(SERVICE, planOf(snapshot, 2, 7));
    await Promise.resolve();
    expect(cache.calls[0]).toBe(`${FULL}: +Cluster/shop +ClusterLoadAssignment/shop`);
    cache.calls.length = 0;
    plans.delete(SERVICE);
    await Promise.resolve();
    expect(cache.calls).toEqual([
      `${FULL}: +Listener/gateway +RouteConfiguration/gateway -Cluster/shop -ClusterLoadAssignment/shop`,
      `${WEIGHTS}: -ClusterLoadAssignment/shop`,
    ]);
  });

  test("a route that comes, changes or goes sends the gateway and nothing else", async () => {
    const { services, plans, routes, cache, publisher, snapshot } = setUp();
    services.store(SERVICE, snapshot);
    plans.store(SERVICE, planOf(snapshot, 1));
    const name = parseRouteName("front");
    const route = routeSchema.parse({ domains: ["front.example"], rules: [{ to: "shop" }] });
    routes.store(name, { name, route, revision: 1 });
    await publisher.start();
    await Promise.resolve();
    for (const next of [{ name, route, revision: 2 }, undefined]) {
      cache.calls.length = 0;
      if (next) routes.store(name, next);
      else routes.delete(name);
      await Promise.resolve();
      expect(cache.calls).toEqual([`${FULL}: +Listener/gateway +RouteConfiguration/gateway`]);
    }
  });

  test("when hashing sets in or ends, the routes follow, which name the key", async () => {
    const { services, plans, cache, publisher, snapshot } = setUp();
    services.store(SERVICE, snapshot);
    plans.store(SERVICE, planOf(snapshot, 1));
    await publisher.start();
    const maglev = { policy: "maglev", tableSize: 65_537 } as const;
    const calls: (string | undefined)[] = [];
    for (const [revision, enforcement] of [LEAST_REQUEST, maglev, maglev, LEAST_REQUEST].entries()) {
      cache.calls.length = 0;
      plans.store(SERVICE, { ...planOf(snapshot, revision + 2), enforcement });
      await Promise.resolve();
      calls.push(cache.calls[0]);
    }
    const own = `${FULL}: +Cluster/shop +ClusterLoadAssignment/shop`;
    const withRoutes = `${own} +Listener/gateway +RouteConfiguration/gateway`;
    expect(calls).toEqual([own, withRoutes, own, withRoutes]);
  });

  test("a plan without entries for a service with instances is not published, nor one that Envoy would refuse", async () => {
    const { services, plans, cache, publisher, snapshot } = setUp();
    services.store(SERVICE, snapshot);
    plans.store(SERVICE, planOf(snapshot, 1));
    await publisher.start();
    cache.calls.length = 0;
    plans.store(SERVICE, { ...planOf(snapshot, 2), entries: [] });
    await Promise.resolve();
    plans.store(SERVICE, planOf(snapshot, 3, 0));
    await Promise.resolve();
    expect(cache.calls).toEqual([]);
  });
});

describe("audiences", () => {
  const nowhere = { region: "", zone: "", subZone: "" };
  const node = (zone: string) => ({ metadata: {}, userAgentName: "envoy", locality: { ...nowhere, zone } });

  test("a node chooses mode B in its metadata, anything else is mode A", () => {
    const { publisher } = setUp();
    const of = (metadata: Readonly<Record<string, unknown>>) =>
      publisher.audienceOf({ metadata, userAgentName: "envoy", locality: nowhere });
    expect(of({ steelyard: { mode: "weights" } })).toBe(WEIGHTS);
    for (const metadata of [{}, { steelyard: null }, { steelyard: "weights" }, { steelyard: { mode: ["weights"] } }]) {
      expect(of(metadata)).toBe(FULL);
    }
  });

  test("a locality is filled with its first node, kept up to date, and filled anew after it was forgotten", async () => {
    const { services, plans, cache, publisher, snapshot } = setUp();
    services.store(SERVICE, snapshot);
    plans.store(SERVICE, planOf(snapshot, 1));
    await publisher.start();
    const everything = "+Cluster/shop +ClusterLoadAssignment/shop +Listener/gateway +RouteConfiguration/gateway";
    const name = publisher.audienceOf(node("a"));
    expect(cache.calls.at(-1)).toBe(`${name}: ${everything}`);
    plans.store(SERVICE, planOf(snapshot, 2, 7));
    await Promise.resolve();
    expect(cache.calls.at(-1)).toBe(`${name}: +Cluster/shop +ClusterLoadAssignment/shop`);
    cache.calls.length = 0;
    expect(publisher.audienceOf(node("a"))).toBe(name);
    expect(cache.calls).toEqual([]);
    publisher.forget(name);
    expect(publisher.audienceOf(node("a"))).toBe(name);
    expect(cache.calls).toEqual([`${name}: ${everything}`]);
  });

  test("localities beyond the limit are served as if they had told none", async () => {
    const { publisher } = setUp();
    await publisher.start();
    const names = new Set(Array.from({ length: 1_000 }, (_, index) => publisher.audienceOf(node(`zone-${index}`))));
    expect(names.size).toBeLessThanOrEqual(128);
    expect(publisher.audienceOf(node("one-more"))).toBe(FULL);
  });
});
