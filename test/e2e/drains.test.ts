// Leaving without a failed request: drains, in steps if wished, and a rolling restart.
import { afterEach, expect, test } from "@jest/globals";
import { ask } from "../../envoy/lab/ask.js";
import { fixed } from "../../envoy/lab/backend.js";
import { until } from "../../envoy/lab/until.js";
import { Rig, type RigBackend } from "./harness/rig.js";
import { untilHosts } from "./harness/until-hosts.js";

let rig: Rig | undefined;
afterEach(() => rig?.stop());

async function started(count: number, serviceMs: number): Promise<{ rig: Rig; backends: readonly RigBackend[] }> {
  const created = await Rig.create();
  rig = created;
  await created.startServer();
  const envoy = await created.startEnvoy();
  const backends = await created.startBackends(count, { service: "shop", serviceTime: fixed(serviceMs) });
  await created.untilServing("shop");
  await untilHosts(envoy, "shop", count, 5_000);
  return { rig: created, backends };
}

test("ten backends restart one after the other, two at a time, under 300 rps: no request fails", async () => {
  const { rig: world, backends } = await started(10, 20);
  const load = world.startLoad({ service: "shop", rateRps: 300 });
  await load.requests(300);
  const fromMs = load.now();
  const waves = Array.from({ length: backends.length / 2 }, (_, i) => backends.slice(2 * i, 2 * i + 2));
  for (const wave of waves) {
    await Promise.all(
      wave.map(async (member) => {
        const { backend, registration } = member;
        await registration.leave({ timeoutSeconds: 20 });
        const received = backend.received;
        await backend.stop();
        expect(backend.received).toBe(received);
        await member.restart();
      }),
    );
  }
  await load.requests(600);
  await load.stop();
  const { errors, requests } = load.summary(fromMs);
  expect({ errors, enough: requests > 300 * 5 }).toEqual({ errors: 0, enough: true });
  expect(load.counts(fromMs).size).toBe(10);
});

test("a drain waits for a long request, sends no other, and ends with it instead of the timeout", async () => {
  const { rig: world, backends } = await started(2, 20);
  const { server, listenerPort } = world;
  for (const { backend } of backends) backend.inject({ slowdown: 200 }); // 4 s
  // Sixteen, so that both surely have some: power of two choices never gives all of them to one.
  const long = Array.from({ length: 16 }, () => ask({ port: listenerPort, host: "shop", timeoutMs: 20_000 }));
  const [leaving] = backends;
  if (leaving === undefined) throw new Error("no backend");
  const inFlight = () => backends.map(({ backend }) => backend.inFlight);
  await until(() => (inFlight().every(Boolean) && inFlight().reduce((a, b) => a + b) === long.length) || undefined, {
    what: "all are in flight, at both",
    deadlineMs: 3_000,
    everyMs: 5,
  });
  for (const { backend } of backends) backend.heal(); // those that come from now on are quick
  await leaving.registration.drain({ timeoutSeconds: 60 });
  const envoyKnows = async (): Promise<true | undefined> =>
    (await server.api.weights("shop")).endpoints.find(({ instance }) => instance === "backend-1")?.health === "DRAINING"
      ? true
      : undefined;
  await until(envoyKnows, { what: "the plan says so", deadlineMs: 3_000 });
  await world.untilInForce();
  const received = leaving.backend.received;
  const drained = leaving.registration.leave({ timeoutSeconds: 60 });
  const after = await Promise.all(
    Array.from({ length: 8 }, () => ask({ port: listenerPort, host: "shop", timeoutMs: 20_000 })),
  );
  expect(after.map(({ status }) => status)).toEqual(after.map(() => 200));
  expect(leaving.backend.inFlight).toBeGreaterThan(0); // the long ones
  expect((await Promise.all(long)).map(({ status }) => status)).toEqual(long.map(() => 200));
  const endedMs = performance.now();
  await drained;
  expect(leaving.backend.received).toBe(received);
  // Two rounds of reports, a second each, and what is left of the one before; far from 60 s.
  expect(performance.now() - endedMs).toBeLessThan(6_000);
});

test("in steps: the share shrinks while it still serves, no request fails, and the explanation says so", async () => {
  const { rig: world, backends } = await started(4, 5);
  const { server } = world;
  const load = world.startLoad({ service: "shop", rateRps: 300 });
  await load.requests(300);
  const fromMs = load.now();
  const [leaving] = backends;
  const gone = leaving?.registration.leave({ rampSeconds: 8, timeoutSeconds: 20 });
  const shares = new Set<string>();
  let ofLastStep: { readonly fromMs: number; readonly toMs: number } | undefined;
  await until(
    async () => {
      const askedMs = load.now();
      const weights = await server.api.weights("shop");
      const own = weights.endpoints.find(({ instance }) => instance === "backend-1");
      shares.add((own?.share ?? 0).toFixed(3));
      if (own?.reasons[0] === "draining: down to 20 % of its share") {
        if (ofLastStep === undefined) await world.untilInForce();
        // What was due before this look is of this step.
        ofLastStep = { fromMs: ofLastStep?.fromMs ?? load.now(), toMs: askedMs };
      }
      return own === undefined ? true : undefined;
    },
    { what: "it has left", deadlineMs: 20_000, everyMs: 50 },
  );
  await gone;
  await load.stop();
  const counts = load.counts(ofLastStep?.fromMs ?? 0, ofLastStep?.toMs ?? 0);
  const requests = [...counts.values()].reduce((sum, count) => sum + count, 0);
  expect(requests).toBeGreaterThan(200);
  // 0.2 of 3.2; power of two choices is off, so a schedule serves it: half of the target and a half more is wide.
  expect(Math.abs((counts.get("backend-1") ?? 0) / requests / (0.2 / 3.2) - 1)).toBeLessThan(0.5);
  const of = (left: number): string => (left / (3 + left)).toFixed(3);
  expect([...shares]).toEqual(expect.arrayContaining([of(0.8), of(0.6), of(0.4), of(0.2), of(0)]));
  expect(load.summary(fromMs).errors).toBe(0);
});
