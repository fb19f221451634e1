import { expect, it } from "@jest/globals";
import type { BackendSpec } from "../../../../src/balancers/load-balancer.js";
import { PeakEwmaBalancer } from "../../../../src/balancers/peak-ewma/peak-ewma.js";
import { ManualClock } from "../../../../src/runtime/manual-clock.js";
import { seededRng } from "../../../../src/runtime/rng.js";

const backends: readonly BackendSpec[] = ["a", "b"].map((id, i) => ({
  id,
  address: `127.0.0.1:${9000 + i}`,
  weight: 1,
  health: "healthy",
}));
const request = { id: "r" };

/** With two backends both are candidates of every pick, so the cheaper one always wins. */
function setUp() {
  const clock = new ManualClock();
  const balancer = new PeakEwmaBalancer(backends, { clock, rng: seededRng(1) });
  const answer = (backendId: string, latencyMs: number, success = true) =>
    balancer.recordResult({ backendId, success, latencyMs });
  const peek = (): string | undefined => {
    const id = balancer.select(request)?.id;
    answer(id ?? "", Number.NaN); // finished, but without a latency: the estimates stay
    return id;
  };
  return { clock, balancer, answer, peek };
}

it("believes a peak at once, and forgets it over the time constant", () => {
  const { clock, answer, peek } = setUp();
  answer("a", 10);
  answer("b", 20);
  expect(peek()).toBe("a");
  answer("a", 1_000);
  expect(peek()).toBe("b");
  // 1000 e^(-t/10 s) falls below 20 e^(-t/10 s) never; b is renewed, a fades: ln(1000/20) * 10 s = 39.1 s.
  clock.advance(39_000);
  answer("b", 20);
  expect(peek()).toBe("b");
  clock.advance(200);
  answer("b", 20);
  expect(peek()).toBe("a");
});

it("comes down by the time-aware average, not at once", () => {
  const { clock, answer, peek } = setUp();
  answer("a", 100);
  answer("b", 50);
  clock.advance(5_000);
  answer("a", 10); // 10 + 90 e^-0.5 = 64.6
  answer("b", 60);
  expect(peek()).toBe("b");
  answer("b", 66);
  expect(peek()).toBe("a");
});

it("multiplies by the requests in flight", () => {
  const { balancer, answer } = setUp();
  answer("a", 10);
  answer("b", 35);
  // 10, 20, 30, then 40 against 35.
  expect([1, 2, 3, 4].map(() => balancer.select(request)?.id)).toEqual(["a", "a", "a", "b"]);
});

it("gives a newcomer one request at a time until it has answered", () => {
  const { balancer, answer } = setUp();
  answer("a", 10);
  expect([1, 2, 3, 4].map(() => balancer.select(request)?.id)).toEqual(["b", "a", "a", "a"]);
  answer("b", 1);
  expect(balancer.select(request)?.id).toBe("b");
});

it("takes a failure for a slow answer, however fast it came", () => {
  const { answer, peek } = setUp();
  answer("a", 1, false);
  answer("b", 900);
  expect(peek()).toBe("b");
});
