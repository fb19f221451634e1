// What a policy bounds, on a real Envoy: time, what is open at once, and how long a failing host is used.
import { afterEach, describe, expect, test } from "@jest/globals";
import { ask } from "../../envoy/lab/ask.js";
import { fixed, type ServiceTime } from "../../envoy/lab/backend.js";
import { until } from "../../envoy/lab/until.js";
import type { RunningEnvoy } from "../../envoy/launch-envoy.js";
import { type ClosedLoopAnswer, closedLoop, failuresOf } from "./harness/closed-loop.js";
import { Rig, type RigBackend } from "./harness/rig.js";
import { untilHosts } from "./harness/until-hosts.js";

let rig: Rig;
let envoy: RunningEnvoy;
afterEach(() => rig.stop());

interface Start {
  readonly backends: number;
  readonly policy: Readonly<Record<string, unknown>>;
  readonly serviceTime?: ServiceTime;
}

async function start({ backends, policy, serviceTime = fixed(1) }: Start): Promise<readonly RigBackend[]> {
  rig = await Rig.create();
  const server = await rig.startServer();
  await server.api.send("PUT", "/v1/services/shop", policy);
  envoy = await rig.startEnvoy();
  const started = await rig.startBackends(backends, { service: "shop", serviceTime });
  await untilHosts(envoy, "shop", backends);
  await rig.untilServing("shop");
  return started;
}

const send = (count: number, callers = 1): Promise<readonly ClosedLoopAnswer[]> =>
  closedLoop({ port: rig.listenerPort, service: "shop", count, callers });

const stat = async (name: string): Promise<number> => (await envoy.admin.stat(`cluster.shop.${name}`)) ?? 0;

const one = (): Promise<{ readonly status: number }> => ask({ port: rig.listenerPort, host: "shop" });

describe("time", () => {
  test("of a request as a whole", async () => {
    const [backend] = await start({ backends: 1, policy: { timeouts: { requestMs: 150 } } });
    backend?.backend.inject({ hang: true });
    const startMs = performance.now();
    expect(await one()).toMatchObject({ status: 504 });
    expect(performance.now() - startMs).toBeGreaterThan(140);
    expect(await stat("upstream_rq_timeout")).toBe(1);
  });

  test("in which nothing moves", async () => {
    const [backend] = await start({ backends: 1, policy: { timeouts: { requestMs: 0, idleMs: 150 } } });
    backend?.backend.inject({ hang: true });
    const startMs = performance.now();
    expect((await one()).status).toBeGreaterThanOrEqual(408);
    expect(performance.now() - startMs).toBeGreaterThan(140);
    expect(await envoy.admin.stat("http.gateway.downstream_rq_idle_timeout")).toBe(1);
  });
});

describe("what is open at once", () => {
  const busy = (backends: readonly RigBackend[]) => backends.reduce((sum, { backend }) => sum + backend.inFlight, 0);

  test("requests over the limit are refused at once, the others are served", async () => {
    const policy = { circuitBreakers: { maxRequests: 5 } };
    const backends = await start({ backends: 2, policy, serviceTime: fixed(500) });
    const answers = send(20, 20);
    await until(() => (busy(backends) === 5 ? true : undefined), { what: "five are under way" });
    const refused = failuresOf(await answers);
    expect(refused.map(({ status }) => status)).toEqual(Array.from({ length: 15 }, () => 503));
    expect(refused.every(({ headers }) => headers["x-envoy-overloaded"] === "true")).toBe(true);
  });

  test("connections, and requests that wait for one", async () => {
    const policy = { circuitBreakers: { maxConnections: 3, maxPendingRequests: 4 } };
    const backends = await start({ backends: 1, policy, serviceTime: fixed(500) });
    const first = send(3, 3);
    await until(() => (busy(backends) === 3 ? true : undefined), { what: "three are under way" });
    const rest = send(20, 20);
    await until(async () => ((await stat("upstream_rq_pending_active")) === 4 ? true : undefined), {
      what: "four wait",
    });
    expect(busy(backends)).toBe(3);
    expect(failuresOf(await first)).toEqual([]);
    expect(failuresOf(await rest)).toHaveLength(16);
  });
});

describe("ejection", () => {
  const ejecting = (outlierDetection: object) => ({ algorithm: "round-robin", outlierDetection });

  test("after that many failures in a row, and back after its time", async () => {
    const outlierDetection = { consecutive5xx: 4, intervalMs: 100, baseEjectionMs: 1_000 };
    const [bad] = await start({ backends: 3, policy: ejecting(outlierDetection) });
    const before = bad?.backend.received ?? 0;
    bad?.backend.inject({ failFraction: 1 });
    const answers = await send(60);
    // One caller, one worker: the fifth would have been refused its first failure.
    expect((bad?.backend.received ?? 0) - before).toBe(4);
    expect(failuresOf(answers)).toHaveLength(4);
    expect(await stat("outlier_detection.ejections_active")).toBe(1);
    bad?.backend.heal();
    await until(async () => ((await stat("outlier_detection.ejections_active")) === 0 ? true : undefined), {
      what: "it is back",
    });
    expect(failuresOf(await send(30))).toEqual([]);
    expect((bad?.backend.received ?? 0) - before).toBe(14);
  });

  test("never of more than the given part", async () => {
    const policy = ejecting({ consecutive5xx: 2, intervalMs: 100, baseEjectionMs: 60_000, maxEjectionPercent: 30 });
    const backends = await start({ backends: 4, policy });
    for (const { backend } of backends.slice(0, 2)) backend.inject({ failFraction: 1 });
    await send(60);
    expect(await stat("outlier_detection.ejections_active")).toBe(1);
    // The other failing one is one of three now.
    expect(failuresOf(await send(30))).toHaveLength(10);
  });

  test("by gateway errors alone, of one host of two as well", async () => {
    const policy = ejecting({
      consecutive5xx: 0,
      consecutiveGatewayErrors: 3,
      intervalMs: 100,
      baseEjectionMs: 60_000,
    });
    const [bad] = await start({ backends: 2, policy });
    bad?.backend.inject({ failFraction: 1, failStatus: 500 });
    expect(failuresOf(await send(40))).toHaveLength(20);
    bad?.backend.inject({ failStatus: 502 });
    expect(failuresOf(await send(40))).toHaveLength(3);
  });
});
