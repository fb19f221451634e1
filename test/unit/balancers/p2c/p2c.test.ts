import { expect, it } from "@jest/globals";
import type { BackendSpec } from "../../../../src/balancers/load-balancer.js";
import { P2cBalancer } from "../../../../src/balancers/p2c/p2c.js";
import { ManualClock } from "../../../../src/runtime/manual-clock.js";
import { seededRng } from "../../../../src/runtime/rng.js";

const backends: readonly BackendSpec[] = ["a", "b"].map((id, i) => ({
  id,
  address: `127.0.0.1:${9000 + i}`,
  weight: 1,
  health: "healthy",
}));

/** With two backends both are candidates of every pick, so the lower score always wins. */
function setUp() {
  const clock = new ManualClock();
  const balancer = new P2cBalancer(backends, { clock, rng: seededRng(1) });
  const answer = (backendId: string, latencyMs: number, success = true) =>
    balancer.recordResult({ backendId, success, latencyMs });
  const pick = () => balancer.select({ id: "r" })?.id;
  return { clock, answer, pick };
}

it("weighs connections, latency and errors as the seed does", () => {
  const { answer, pick } = setUp();
  answer("a", 10);
  answer("b", 12);
  // 0.4 * connections + 0.4 * ms: a at 4 + 0, 4.4, 4.8, then a tie that b's first pick decides the other way.
  expect([pick(), pick()]).toEqual(["a", "a"]);
  answer("a", 10, false); // half of its requests fail: 0.2 * 1000 * 0.5
  expect([pick(), pick()]).toEqual(["b", "b"]);
});

it("gives a backend that nobody has measured one request at a time", () => {
  const { answer, pick } = setUp();
  answer("a", 100);
  expect([pick(), pick(), pick()]).toEqual(["b", "a", "a"]);
  answer("b", 1);
  expect(pick()).toBe("b");
});

it("forgets what it knew when there was nothing new for 14 time constants", () => {
  const { clock, answer, pick } = setUp();
  answer("a", 10);
  answer("b", 5_000);
  expect(pick()).toBe("a");
  clock.advance(137_000);
  answer("a", 10);
  expect(pick()).toBe("a");
  clock.advance(2_000);
  expect(pick()).toBe("b");
});
