import { expect, it } from "@jest/globals";
import { LeastLatencyBalancer } from "../../../../src/balancers/least-latency/least-latency.js";
import type { BackendSpec } from "../../../../src/balancers/load-balancer.js";
import { ManualClock } from "../../../../src/runtime/manual-clock.js";

const fleet = (...ids: readonly string[]): readonly BackendSpec[] =>
  ids.map((id, i) => ({ id, address: `127.0.0.1:${9000 + i}`, weight: 1, health: "healthy" }));
const request = { id: "r" };

function setUp(...ids: readonly string[]) {
  const clock = new ManualClock();
  const balancer = new LeastLatencyBalancer(fleet(...ids), { clock });
  const serve = (latencies: Readonly<Record<string, number>>): string => {
    const id = balancer.select(request)?.id ?? "";
    clock.advance(10);
    balancer.recordResult({ backendId: id, success: true, latencyMs: latencies[id] ?? 0 });
    return id;
  };
  return { clock, balancer, serve };
}

it("tries everybody, then stays with the fastest", () => {
  const { serve } = setUp("a", "b", "c");
  const latencies = { a: 30, b: 10, c: 20 };
  const chosen = Array.from({ length: 100 }, () => serve(latencies));
  expect(new Set(chosen.slice(0, 3))).toEqual(new Set(["a", "b", "c"]));
  expect(new Set(chosen.slice(30))).toEqual(new Set(["b"]));
});

it("finds out that a slow backend has become fast, without being told", () => {
  const { serve } = setUp("a", "b");
  for (let n = 0; n < 50; n++) serve({ a: 10, b: 200 });
  const chosen = Array.from({ length: 9_000 }, () => serve({ a: 10, b: 1 }));
  // All but the trials of a, one in ten seconds of a hundred requests a second.
  expect(chosen.slice(-1_000).filter((id) => id === "a").length).toBe(1);
});

it("sends no more than a tenth of the requests for the sake of measuring, however large the fleet", () => {
  const ids = Array.from({ length: 500 }, (_, i) => `b${i}`);
  const { clock, serve } = setUp(...ids);
  const latencies = Object.fromEntries(ids.map((id, i) => [id, i === 3 ? 1 : 50]));
  for (let n = 0; n < 600; n++) serve(latencies);
  clock.advance(60_000); // all estimates are old now
  const chosen = Array.from({ length: 1_000 }, () => serve(latencies));
  expect(chosen.filter((id) => id !== "b3").length).toBe(100);
});

it("takes a newcomer for an average one until it has answered its trial", () => {
  const { balancer, serve } = setUp("a", "b", "c");
  for (let n = 0; n < 20; n++) serve({ a: 10, b: 20, c: 30 });
  balancer.updateBackends(fleet("a", "b", "c", "new"));
  expect([1, 2, 3].map(() => balancer.select(request)?.id)).toEqual(["new", "a", "a"]);
  balancer.recordResult({ backendId: "new", success: true, latencyMs: 9 });
  expect(balancer.select(request)?.id).toBe("new");
});

it("counts two results at the same instant", () => {
  const { balancer } = setUp("a", "b");
  for (let n = 0; n < 3_000; n++) balancer.recordResult({ backendId: "a", success: true, latencyMs: n < 10 ? 5 : 100 });
  balancer.recordResult({ backendId: "b", success: true, latencyMs: 50 });
  for (let n = 0; n < 20; n++) balancer.select(request);
  expect(balancer.select(request)?.id).toBe("b");
});
