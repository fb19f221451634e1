// Retries on a real Envoy: a host that fails costs the caller nothing, a retry goes to another host than the try before,
// and the budget keeps retries from multiplying the load on a service that is down.
import { afterEach, describe, expect, test } from "@jest/globals";
import type { RunningEnvoy } from "../../envoy/launch-envoy.js";
import { closedLoop, countsOf, failuresOf } from "./harness/closed-loop.js";
import { Rig, type RigBackend } from "./harness/rig.js";
import { untilHosts } from "./harness/until-hosts.js";

let rig: Rig;
let envoy: RunningEnvoy;
afterEach(() => rig.stop());

async function start(backends: number, policy: Readonly<Record<string, unknown>>): Promise<readonly RigBackend[]> {
  rig = await Rig.create();
  const server = await rig.startServer();
  await server.api.send("PUT", "/v1/services/shop", policy);
  envoy = await rig.startEnvoy();
  const started = await rig.startBackends(backends, { service: "shop" });
  await untilHosts(envoy, "shop", backends);
  await rig.untilServing("shop");
  return started;
}

const ask = (count: number, callers: number) => closedLoop({ port: rig.listenerPort, service: "shop", count, callers });

/** A counter of the cluster; 0 as long as Envoy has not counted anything. */
const stat = async (name: string): Promise<number> => (await envoy.admin.stat(`cluster.shop.${name}`)) ?? 0;

// Of two backends one fails whatever it gets, and `random` goes on picking it: half of 300 first tries fail. With one retry
// each, none may reach the caller: a retry that picked at random would go back to the failing host half of the time, and
// 300 requests without a failure would be as likely as 0.75^300. Three callers stay within the least budget of three.
describe("of two hosts one", () => {
  const REQUESTS = 300;
  const policy = (retry: object) => ({
    algorithm: "random",
    retry: { attempts: 1, backOff: { baseMs: 2, maxMs: 4 }, ...retry },
  });
  // 99.99 % of all draws of 300 with probability 1/2 are within 3.9 × sqrt(300 × 1/4) = 34.
  const FEWEST_TRIES = 150 - 34;

  test.each([
    { what: "answers 503", retry: {}, fault: { failFraction: 1 } },
    { what: "resets connections", retry: { on: ["reset"] }, fault: { reset: true } },
    { what: "hangs", retry: { on: ["reset"], perTryTimeoutMs: 50 }, fault: { hang: true } },
    { what: "answers 500", retry: { on: ["5xx"] }, fault: { failFraction: 1, failStatus: 500 } },
  ])("$what: no request fails", async ({ retry, fault }) => {
    const [bad] = await start(2, policy(retry));
    const before = await stat("upstream_rq_retry");
    const received = bad?.backend.received ?? 0;
    bad?.backend.inject(fault);
    expect(failuresOf(await ask(REQUESTS, 3))).toEqual([]);
    const tries = (bad?.backend.received ?? 0) - received;
    expect(tries).toBeGreaterThan(FEWEST_TRIES);
    expect((await stat("upstream_rq_retry")) - before).toBe(tries);
    expect(await stat("upstream_rq_retry_success")).toBeGreaterThanOrEqual(tries);
  });

  test("refuses connections: no request fails", async () => {
    const [bad] = await start(2, policy({}));
    await bad?.backend.stop();
    expect(failuresOf(await ask(REQUESTS, 3))).toEqual([]);
    expect(await stat("upstream_rq_retry")).toBeGreaterThan(FEWEST_TRIES);
  });
});

test("a key whose owner fails is answered by another", async () => {
  const hashing = { algorithm: "consistent-hash", hashPolicy: [{ header: "x-user" }] };
  const backends = await start(4, { ...hashing, retry: { attempts: 3 } });
  const [first, second] = backends;
  first?.backend.inject({ failFraction: 1 });
  second?.backend.inject({ failFraction: 1 });
  const requestOf = (index: number) => ({ headers: { "x-user": `user-${index}` } });
  const answers = await closedLoop({ port: rig.listenerPort, service: "shop", count: 200, callers: 3, requestOf });
  expect(failuresOf(answers)).toEqual([]);
  expect([...countsOf(answers).keys()].toSorted()).toEqual(["backend-3", "backend-4"]);
});

test("without the condition nothing is tried again, and without retry neither", async () => {
  const [only] = await start(1, { retry: { on: ["connect-failure"] } });
  only?.backend.inject({ failFraction: 1 });
  expect(failuresOf(await ask(20, 1))).toHaveLength(20);
  expect(await stat("upstream_rq_retry")).toBe(0);
  await rig.server.api.send("PUT", "/v1/services/shop", {});
});

// All hosts fail, each try takes 20 ms, and 60 callers wait. At most 20 % of what is under way may be retries, and a retry is
// under way at least as long as any try: so at most every fifth try is a retry, and tries over requests at most 1.25. Without
// a budget there would be 1 + 3 of them. The tolerance of 2 % is for the first and last 60 requests of 2,000, when fewer are
// under way and three retries are always allowed.
test("a service that is down gets a quarter more tries than requests, not four times as many", async () => {
  const REQUESTS = 2_000;
  const backends = await start(3, {
    algorithm: "round-robin",
    retry: { attempts: 3, backOff: { baseMs: 1, maxMs: 2 } },
  });
  const received = () => backends.reduce((sum, { backend }) => sum + backend.received, 0);
  const before = received();
  for (const { backend } of backends) backend.inject({ failFraction: 1, failAfterMs: 20 });
  const answers = await ask(REQUESTS, 60);
  expect(failuresOf(answers)).toHaveLength(REQUESTS);
  const tries = received() - before;
  expect(tries).toBe(REQUESTS + (await stat("upstream_rq_retry")));
  expect(tries / REQUESTS).toBeLessThan(1.25 * 1.02);
  expect(tries / REQUESTS).toBeGreaterThan(1.05);
  expect(await stat("upstream_rq_retry_overflow")).toBeGreaterThan(0.5 * REQUESTS);
});
