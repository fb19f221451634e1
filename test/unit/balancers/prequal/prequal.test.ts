import { expect, it } from "@jest/globals";
import type { BackendSpec } from "../../../../src/balancers/load-balancer.js";
import { PrequalBalancer, type PrequalOptions } from "../../../../src/balancers/prequal/prequal.js";
import { ManualClock } from "../../../../src/runtime/manual-clock.js";
import { seededRng } from "../../../../src/runtime/rng.js";

const fleet = (count: number): readonly BackendSpec[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `b${i}`,
    address: `127.0.0.1:${9000 + i}`,
    weight: 1,
    health: "healthy",
  }));
const request = { id: "r" };

function setUp(count: number, options: Partial<PrequalOptions> = {}) {
  const clock = new ManualClock();
  const asked: string[] = [];
  const balancer = new PrequalBalancer(fleet(count), {
    clock,
    rng: seededRng(1),
    requestProbe: ({ id }) => asked.push(id),
    ...options,
  });
  return { clock, asked, balancer };
}

const probe = (backendId: string, inFlight: number, latencyMs: number) => ({ backendId, inFlight, latencyMs });

it("asks three distinct backends per request, or as many as the fraction adds up to", () => {
  const { asked, balancer } = setUp(50);
  balancer.select(request);
  expect(asked.length).toBe(3);
  expect(new Set(asked).size).toBe(3);
  const some = setUp(50, { probesPerRequest: 0.25 });
  for (let n = 0; n < 8; n++) some.balancer.select(request);
  expect(some.asked.length).toBe(2);
  const few = setUp(2);
  few.balancer.select(request);
  expect(new Set(few.asked)).toEqual(new Set(["b0", "b1"]));
});

it("takes the fastest of the cold ones, not the least loaded", () => {
  const { balancer } = setUp(5);
  // The 0.84 quantile of 1, 2, 3, 4, 9 is 9: nobody is hot, so latency decides.
  for (const [i, inFlight] of [1, 2, 3, 4, 9].entries()) balancer.addProbe(probe(`b${i}`, inFlight, 50 - 10 * i));
  expect(balancer.select(request)?.id).toBe("b4");
});

it("takes the least loaded when all are hot", () => {
  const { balancer } = setUp(3, { hotQuantile: 0.5 });
  // Many probes of an idle b2 put the median at 0; then b2 turns unhealthy and only hot ones are left.
  for (let n = 0; n < 20; n++) balancer.addProbe(probe("b2", 0, 1));
  balancer.addProbe(probe("b0", 8, 5));
  balancer.addProbe(probe("b1", 6, 500));
  balancer.updateBackends(fleet(2));
  expect(balancer.select(request)?.id).toBe("b1");
});

it("counts the requests it sends on top of what the probe said", () => {
  const { balancer } = setUp(2, { hotQuantile: 0.01 });
  balancer.addProbe(probe("b0", 0, 1));
  balancer.addProbe(probe("b1", 2, 1));
  // b0 is cold once; with 1 in flight it is hot as b1 is, and the smaller count goes first, until they tie at 2.
  expect([1, 2].map(() => balancer.select(request)?.id)).toEqual(["b0", "b0"]);
});

it("does not believe answers for longer than a second, and then chooses at random", () => {
  const { clock, balancer } = setUp(2);
  balancer.addProbe(probe("b0", 0, 1));
  balancer.addProbe(probe("b1", 100, 900));
  expect(Array.from({ length: 20 }, () => balancer.select(request)?.id)).not.toContain("b1");
  clock.advance(1_001);
  expect(Array.from({ length: 20 }, () => balancer.select(request)?.id)).toContain("b1");
});

it("uses an answer only as often as its budget says when the fleet is larger than the pool", () => {
  const { balancer } = setUp(1_000);
  // (1 + 1) / ((1 - 16/1000) * 3 - 1) = 1.02: once, or sometimes twice; and each request throws one away.
  for (let i = 0; i < 16; i++) balancer.addProbe(probe(`b${i}`, 0, i === 7 ? 1 : 100));
  const chosen = Array.from({ length: 5 }, () => balancer.select(request)?.id);
  expect(chosen[0]).toBe("b7");
  expect(chosen.filter((id) => id === "b7").length).toBeLessThanOrEqual(2);
});

it("is not swallowed by a backend that fails fast", () => {
  const { balancer } = setUp(2);
  const answer = (): void => {
    balancer.addProbe(probe("b0", 0, 1));
    balancer.addProbe(probe("b1", 5, 40));
  };
  for (let n = 0; n < 10; n++) {
    answer();
    expect(balancer.select(request)?.id).toBe(n < 1 ? "b0" : "b1");
    balancer.recordResult({ backendId: n < 1 ? "b0" : "b1", success: n >= 1, latencyMs: 1 });
  }
});

it.each([
  probe("stranger", 0, 1),
  probe("b0", -1, 1),
  probe("b0", 1.5, 1),
  probe("b0", Number.NaN, 1),
  probe("b0", 0, -1),
  probe("b0", 0, Number.POSITIVE_INFINITY),
])("ignores the answer %j", (bad) => {
  const { balancer } = setUp(2);
  balancer.addProbe(bad);
  balancer.addProbe(probe("b1", 0, 5));
  // One answer is less than a pool of two: a random choice, which finds both.
  const chosen = new Set(Array.from({ length: 40 }, () => balancer.select(request)?.id));
  expect(chosen).toEqual(new Set(["b0", "b1"]));
});
