import { describe, expect, test } from "@jest/globals";
import { DrainWatch } from "../../../src/app/drain-watch.js";
import { LEAST_REQUEST } from "../../../src/model/enforcement.js";
import type { HealthStatus } from "../../../src/model/health.js";
import { type InstanceId, parseInstanceId, parseServiceName, type ServiceName } from "../../../src/model/ids.js";
import type { Drain } from "../../../src/model/instance.js";
import type { EndpointLoad, LoadRound } from "../../../src/model/load.js";
import type { WeightPlan } from "../../../src/model/plan.js";
import { DEFAULT_SERVICE_POLICY, type ServiceSnapshot } from "../../../src/model/service.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { WatchableMap } from "../../../src/runtime/watchable-map.js";
import { catalogueInstance } from "../../harness/instance.js";

const SERVICE = parseServiceName("shop");
const ID = parseInstanceId("a");

interface Given {
  /** What the proxies were told of it. */
  readonly told?: HealthStatus;
  readonly drain?: Drain;
}

async function watching({ told = "DRAINING", drain = { left: 0, timeoutMs: 30_000 } }: Given = {}) {
  const services = new WatchableMap<ServiceName, ServiceSnapshot>();
  const plans = new WatchableMap<ServiceName, WeightPlan>();
  const instance = catalogueInstance(SERVICE, "a", { status: "draining", health: "DRAINING", drain });
  services.store(SERVICE, {
    service: SERVICE,
    policy: DEFAULT_SERVICE_POLICY,
    instances: [instance],
    revision: 1,
    declared: false,
  });
  plans.store(SERVICE, {
    service: SERVICE,
    revision: 1,
    mode: "degraded",
    policy: "adaptive",
    signalMode: "L",
    enforcement: LEAST_REQUEST,
    levels: [],
    entries: [
      {
        instance: ID,
        address: instance.address,
        port: instance.port,
        priority: 0,
        health: told,
        weight: 100,
        share: 0,
        factors: [],
        reasons: [],
        load: undefined,
      },
    ],
  });
  const finished: InstanceId[] = [];
  let deliver: (round: LoadRound) => void = () => undefined;
  const watch = new DrainWatch({
    services,
    plans,
    onRound: (handler) => {
      deliver = handler;
      return () => undefined;
    },
    finishDrain: async (_service, id) => {
      finished.push(id);
      return true;
    },
    logger: silentLogger,
  });
  await watch.start();
  const round = (load?: Partial<EndpointLoad>): readonly InstanceId[] => {
    const loads = new Map(load === undefined ? [] : [[ID, { issued: 0, inFlight: 0, ...load } as EndpointLoad]]);
    deliver({ service: SERVICE, intervalMs: 1_000, reporters: 1, workers: 1, origins: [], loads, signalMode: "L" });
    return [...finished];
  };
  return { round };
}

describe("a drain ends", () => {
  test("after two rounds without a request, once", async () => {
    const { round } = await watching();
    expect(round({ inFlight: 1 })).toEqual([]);
    expect(round({})).toEqual([]);
    expect(round()).toEqual([ID]);
    expect(round()).toEqual([ID]);
  });

  test.each<[string, Partial<EndpointLoad>]>([
    ["one in flight", { inFlight: 1 }],
    ["one that was sent meanwhile", { issued: 1 }],
    ["one that the instance itself tells of", { reportedInFlight: 1 }],
  ])("not while there is %s", async (_, load) => {
    const { round } = await watching();
    for (let i = 0; i < 5; i++) round(load);
    round({});
    expect(round(load)).toEqual([]);
    expect(round({})).toEqual([]);
    expect(round({})).toEqual([ID]);
  });

  test("not before the proxies are told, nor while its share shrinks, nor when nobody asked for a drain", async () => {
    for (const given of [{ told: "HEALTHY" as const }, { drain: { left: 0.2, timeoutMs: 1 } }]) {
      const { round } = await watching(given);
      for (let i = 0; i < 5; i++) expect(round()).toEqual([]);
    }
  });
});
