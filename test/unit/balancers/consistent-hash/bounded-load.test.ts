import { expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { ConsistentHashBalancer } from "../../../../src/balancers/consistent-hash/consistent-hash.js";
import { MaglevBalancer } from "../../../../src/balancers/consistent-hash/maglev.js";
import type { BackendSpec } from "../../../../src/balancers/load-balancer.js";

const fleet = (...weights: readonly number[]): readonly BackendSpec[] =>
  weights.map((weight, i) => ({ id: `b${i}`, address: `127.0.0.1:${9000 + i}`, weight, health: "healthy" }));

const kinds = [
  [
    "ring",
    (backends: readonly BackendSpec[], boundedLoad: number) => new ConsistentHashBalancer(backends, { boundedLoad }),
  ],
  [
    "maglev",
    (backends: readonly BackendSpec[], boundedLoad: number) =>
      new MaglevBalancer(backends, { boundedLoad, tableSize: 1_009 }),
  ],
] as const;

it.each(kinds)("%s: nobody carries more than the bound, even when there is one key", (_, make) => {
  const weights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(weights, fc.double({ min: 1.01, max: 3, noNaN: true }), (list, boundedLoad) => {
      const backends = fleet(...list);
      const balancer = make(backends, boundedLoad);
      const total = list.reduce((sum, weight) => sum + weight, 0);
      const active = new Map<string, number>();
      for (let n = 1; n <= 60; n++) {
        const chosen = balancer.select({ id: "r", routeKey: "the only key" });
        const weight = chosen?.weight ?? 0;
        const count = (active.get(chosen?.id ?? "") ?? 0) + 1;
        active.set(chosen?.id ?? "", count);
        expect(count).toBeLessThanOrEqual(Math.ceil(boundedLoad * n * (weight / total)));
      }
    }),
    { numRuns: 30 },
  );
});

it.each(kinds)("%s: a key that was pushed on comes home when there is room", (_, make) => {
  const balancer = make(fleet(1, 1, 1), 1.25);
  const home = balancer.ownerOf("key")?.id;
  const first = balancer.select({ id: "r", routeKey: "key" })?.id;
  const second = balancer.select({ id: "r", routeKey: "key" })?.id;
  expect(first).toBe(home);
  expect(second).not.toBe(home);
  balancer.recordResult({ backendId: first ?? "", success: true, latencyMs: 1 });
  expect(balancer.select({ id: "r", routeKey: "key" })?.id).toBe(home);
});

it.each(kinds)("%s: a degraded backend takes what would exceed everybody's bound", (_, make) => {
  const [one, ...others] = fleet(1, 1, 1);
  const balancer = make([{ ...(one as BackendSpec), health: "degraded" }, ...others], 1.01);
  const ids = Array.from({ length: 300 }, (_unused, n) => balancer.select({ id: `r${n}` })?.id);
  expect(ids).not.toContain(undefined);
  expect(ids.filter((id) => id === "b0").length).toBeGreaterThan(80);
});

it("refuses bounds that bound nothing, and sizes out of range", () => {
  for (const boundedLoad of [1, 0.5, Number.NaN, Infinity]) {
    expect(() => new ConsistentHashBalancer([], { boundedLoad })).toThrow(/boundedLoad/);
  }
  for (const virtualNodes of [0, 1.5, Number.NaN, 8_388_609]) {
    expect(() => new ConsistentHashBalancer([], { virtualNodes })).toThrow(/virtualNodes/);
  }
});
