// Routing by the priority of a request on a real Envoy: whose instances serve it, and who can take what from whom.
import { afterEach, expect, test } from "@jest/globals";
import { fixed, type ServiceTime } from "../../envoy/lab/backend.js";
import { until } from "../../envoy/lab/until.js";
import type { RunningEnvoy } from "../../envoy/launch-envoy.js";
import { type ClosedLoopAnswer, closedLoop, failuresOf } from "./harness/closed-loop.js";
import { Rig } from "./harness/rig.js";

let rig: Rig;
afterEach(() => rig.stop());

const TIERS: Readonly<Record<string, string>> = { "gold-1": "gold", "gold-2": "gold", "tin-1": "tin", "tin-2": "tin" };

async function start(policy: object, serviceTime: ServiceTime = fixed(1)): Promise<RunningEnvoy> {
  rig = await Rig.create();
  const server = await rig.startServer();
  await server.api.send("PUT", "/v1/services/shop", policy);
  for (const [name, tier] of Object.entries(TIERS)) {
    await rig.startBackend({ name, service: "shop", metadata: { tier }, serviceTime });
  }
  const envoy = await rig.startEnvoy();
  for (const cluster of ["shop", "shop|high", "shop|low"]) {
    await until(async () => ((await envoy.admin.hosts(cluster))?.length ? true : undefined), {
      what: `Envoy knows the instances of ${cluster}`,
    });
  }
  await rig.untilServing("shop");
  return envoy;
}

const send = (count: number, callers: number, priority?: string): Promise<readonly ClosedLoopAnswer[]> =>
  closedLoop({
    port: rig.listenerPort,
    service: "shop",
    count,
    callers,
    ...(priority !== undefined && { requestOf: () => ({ headers: { "x-priority": priority } }) }),
  });

const backendsOf = (answers: readonly ClosedLoopAnswer[]): readonly string[] =>
  [...new Set(answers.map(({ backend }) => backend))].sort();

test("each priority is served by the instances that it selects, others by all", async () => {
  const levels = { high: { instances: { tier: "gold" } }, low: { instances: { tier: "tin" } } };
  await start({ algorithm: "round-robin", priorityRouting: { levels } });
  // Round robin over two or four hosts: 40 requests reach each of them.
  const [high, low] = [await send(40, 1, "high"), await send(40, 1, "low")];
  const rest = [...(await send(40, 1)), ...(await send(40, 1, "normal")), ...(await send(40, 1, "HIGH"))];
  expect(failuresOf([...high, ...low, ...rest])).toEqual([]);
  expect(backendsOf(high)).toEqual(["gold-1", "gold-2"]);
  expect(backendsOf(low)).toEqual(["tin-1", "tin-2"]);
  expect(backendsOf(rest)).toEqual(["gold-1", "gold-2", "tin-1", "tin-2"]);
});

test("while no instance is what a priority selects, all serve it", async () => {
  const levels = { high: { instances: { tier: "platinum" } }, low: {} };
  await start({ algorithm: "round-robin", priorityRouting: { levels } });
  const high = await send(40, 1, "high");
  expect(failuresOf(high)).toEqual([]);
  expect(backendsOf(high)).toEqual(["gold-1", "gold-2", "tin-1", "tin-2"]);
});

test("a flood of low requests is refused beyond its limit, and takes nothing from high ones", async () => {
  const levels = { high: {}, low: { circuitBreakers: { maxRequests: 8, maxPendingRequests: 8 } } };
  const envoy = await start({ algorithm: "round-robin", priorityRouting: { levels } }, fixed(20));
  const flood = send(2_000, 200, "low");
  await until(async () => ((await envoy.admin.stat("cluster.shop|low.upstream_rq_active")) ? true : undefined), {
    what: "the flood has begun",
  });
  const high = await send(100, 4, "high");
  expect(failuresOf(high)).toEqual([]);
  const low = await flood;
  const refused = failuresOf(low);
  // 200 callers at a time where 8 may be under way and 8 may wait.
  expect(refused.length).toBeGreaterThan(1_000);
  expect(refused.every(({ status, headers }) => status === 503 && headers["x-envoy-overloaded"] === "true")).toBe(true);
  expect(low.length - refused.length).toBeGreaterThan(0);
});
