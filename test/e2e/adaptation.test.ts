// The loop on a real Envoy: faults are shed in seconds and recovered from; a killed server harms nobody.
import { afterEach, expect, test } from "@jest/globals";
import { exponential } from "../../envoy/lab/backend.js";
import { until } from "../../envoy/lab/until.js";
import { Rig, type RigBackend } from "./harness/rig.js";
import type { ServiceLoad } from "./harness/service-load.js";

let rig: Rig | undefined;
afterEach(() => rig?.stop());

const COUNT = 6;
const FAIR = 1 / COUNT;
const RATE_RPS = 300;

/** Six equal backends at half of their capacity, warmed up until the loop knows what is normal for each. */
async function warmFleet(): Promise<{ rig: Rig; load: ServiceLoad; backends: readonly RigBackend[] }> {
  const created = await Rig.create();
  rig = created;
  await created.startServer();
  await created.startEnvoy();
  const backends = await created.startBackends(COUNT, { service: "shop", slots: 2, serviceTime: exponential(20) });
  await created.untilServing("shop");
  const load = created.startLoad({ service: "shop", rateRps: RATE_RPS });
  await load.requests(RATE_RPS * 12);
  return { rig: created, load, backends };
}

test("a slow backend loses 80 % of its share within 5 s and has 80 % of it back within 20 s of recovery", async () => {
  const { load, backends } = await warmFleet();
  const [target] = backends;
  if (target === undefined) throw new Error("no backend");
  const slowMs = load.now();
  target.backend.inject({ slowdown: 10 });
  await load.requests(RATE_RPS * 12);
  expect(
    load.secondsUntilShare("backend-1", slowMs, (share) => share < 0.2 * FAIR) ?? Number.POSITIVE_INFINITY,
  ).toBeLessThanOrEqual(5);
  const wellMs = load.now();
  target.backend.inject({ slowdown: 1 });
  await load.requests(RATE_RPS * 23);
  expect(
    load.secondsUntilShare("backend-1", wellMs, (share) => share > 0.8 * FAIR) ?? Number.POSITIVE_INFINITY,
  ).toBeLessThanOrEqual(20);
  await load.stop();
  expect(load.summary(slowMs).errors).toBe(0);
});

test("a backend that fails at once costs under 1 % of 40 s of requests, under 0.2 % after the first 5 s, and is explained", async () => {
  const { rig: world, load, backends } = await warmFleet();
  const target = backends[2];
  if (target === undefined) throw new Error("no backend");
  const failMs = load.now();
  target.backend.inject({ failFraction: 1 });
  await load.requests(RATE_RPS * 40);
  const endMs = load.now();
  const explanation = (await (
    await fetch(`${world.server.api.url}/v1/services/shop/instances/backend-3/explanation`)
  ).json()) as {
    share: number;
    reasons: string[];
    factors: { name: string; value: number }[];
  };
  await load.stop();
  expect(load.summary(failMs, endMs).errorRate).toBeLessThan(0.01);
  expect(load.summary(failMs + 5_000, endMs).errorRate).toBeLessThan(0.002);
  expect(load.summary(failMs, endMs).errorRate).toBeGreaterThan(0); // it did fail, and probes go on
  expect(explanation.reasons[0]).toMatch(/^failing/);
  expect(explanation.factors.reduce((product, { value }) => product * value, 1) / explanation.share).toBeCloseTo(1, 3);
});

test("kill -9 of the server under load loses no request, and no weight is changed by its restart", async () => {
  const created = await Rig.create();
  rig = created;
  const server = await created.startServer();
  const envoy = await created.startEnvoy();
  // Unequal slots, so that there are learned weights to lose.
  for (const slots of [1, 2, 4]) {
    await created.startBackend({ name: `slots-${slots}`, service: "shop", slots, serviceTime: exponential(20) });
  }
  await created.untilServing("shop");
  const load = created.startLoad({ service: "shop", rateRps: 200 });
  await load.requests(200 * 12);
  const atRest = await until(
    async () => {
      const before = (await server.api.weights("shop")).revision;
      await load.requests(300);
      const weights = await server.api.weights("shop");
      return weights.revision === before ? weights : undefined;
    },
    { what: "a second without a push", deadlineMs: 30_000 },
  );
  expect(new Set(atRest.endpoints.map(({ weight }) => weight)).size).toBeGreaterThan(1);
  const hostsBefore = await envoy.admin.hosts("shop");
  const killMs = load.now();
  await server.crash();
  await load.requests(400);
  expect(await envoy.admin.hosts("shop")).toEqual(hostsBefore);
  await server.startAgain();
  const after = await server.api.weights("shop");
  expect(after.endpoints.map(({ instance, weight }) => [instance, weight])).toEqual(
    atRest.endpoints.map(({ instance, weight }) => [instance, weight]),
  );
  expect(after.revision).toBe(atRest.revision);
  await until(async () => ((await envoy.admin.stat("control_plane.connected_state")) === 1 ? true : undefined), {
    what: "Envoy is back",
    deadlineMs: 10_000,
  });
  expect(await envoy.admin.hosts("shop")).toEqual(hostsBefore);
  await load.requests(400);
  await load.stop();
  expect(load.summary(killMs).errors).toBe(0);
});
