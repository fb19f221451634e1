// What each kind of change does to requests.
import { describe, expect, test } from "@jest/globals";
import type { HostChange } from "../../../../src/simulator/plant/host-change.js";
import { alike, BASE, planOf, type Scenario, type Variation } from "../../../../src/simulator/scenario.js";
import { type PolicyResult, simulate } from "../../../../src/simulator/simulate.js";

/** Two hosts, light load, `change` to host 0 two seconds after the start. */
function after(change: HostChange, variation: Variation = {}, policy = "round-robin"): PolicyResult {
  const scenario: Scenario = {
    name: "fault",
    title: "",
    expectation: "",
    defaults: { ...BASE, hosts: 2, proxies: 1, load: 0.2, seconds: 20, warmupSeconds: 2 },
    plan: (parameters) =>
      planOf(parameters, alike(2), {
        timeline: [{ atMs: 2_000, kind: "hosts", hosts: [0], change }],
        ...variation,
      }),
  };
  return simulate({ scenario, policies: [policy] }).results[0]!;
}
const OUTAGE = { kind: "fail", fraction: 1, status: 503, when: "at-once" } as const;

describe("changes of a host", () => {
  test("failing at once: half of the requests of ROUND_ROBIN, and quickly", () => {
    const result = after(OUTAGE);
    expect(result.errorRate).toBeCloseTo(0.5, 2);
    expect(result.p50Ms!).toBeLessThan(15);
  });

  test("failing after service takes the time of service", () => {
    const result = after({ ...OUTAGE, when: "after-service" });
    expect(result.errorRate).toBeCloseTo(0.5, 2);
    expect(result.meanMs!).toBeGreaterThan(19);
  });

  test("one retry on another host hides it", () => {
    expect(after(OUTAGE, { retries: 1 }).errorRate).toBe(0);
  });

  test("refused at once, unreachable after the connect timeout", () => {
    const refused = after({ kind: "reach", state: "refused" });
    expect(refused.errorRate).toBeCloseTo(0.5, 2);
    expect(refused.p99Ms!).toBeLessThan(200);
    const unreachable = after({ kind: "reach", state: "unreachable" }, { connectTimeoutMs: 700 });
    expect(unreachable.errorRate).toBeCloseTo(0.5, 2);
    expect(unreachable.p95Ms! / 700).toBeCloseTo(1, 1);
  });

  test("a hang ends in timeouts, and in nothing else", () => {
    const result = after({ kind: "pause", forMs: 60_000 });
    expect(result.errorRate).toBeCloseTo(0.5, 1);
    expect(result.p95Ms! / 5_000).toBeCloseTo(1, 1);
  });

  test("after a short pause everything goes on where it was", () => {
    const result = after({ kind: "pause", forMs: 1_000 });
    expect(result.errorRate).toBe(0);
    expect(result.p999Ms!).toBeGreaterThan(900);
    expect(result.p50Ms!).toBeLessThan(40);
  });

  test("slow is slow, and fewer slots queue", () => {
    expect(after({ kind: "slow", factor: 3 }).meanMs!).toBeGreaterThan(38);
    // 20 requests a second of 20 ms: one slot of two is 40 % busy.
    const narrow = after({ kind: "slots", slots: 1 });
    expect(narrow.meanMs!).toBeGreaterThan(after({ kind: "slots", slots: 2 }).meanMs! * 1.05);
  });

  test("a draining host gets nothing new, and what it has is answered", () => {
    const result = after({ kind: "member", state: "draining" });
    expect(result.errorRate).toBe(0);
    expect(result.series.slice(3, 20).every(({ shares }) => shares[0] === 0)).toBe(true);
  });

  test("without any host every request fails", () => {
    const plan: Variation = {
      timeline: [{ atMs: 2_000, kind: "hosts", hosts: [0, 1], change: { kind: "member", state: "absent" } }],
    };
    expect(after({ kind: "slow", factor: 1 }, plan).errorRate).toBeGreaterThan(0.99);
  });
});
