// What a balancer does with input that it should never get.
import { expect } from "@jest/globals";
import * as fc from "fast-check";
import type { BackendSpec } from "../../../src/balancers/load-balancer.js";
import { backend, fleet, Rig } from "./rig.js";
import type { Statement } from "./statement.js";

const badLists: readonly (readonly BackendSpec[])[] = [
  [backend("b1"), backend("b2"), backend("b1")],
  [{ ...backend("b1"), id: "" }],
  ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1.5, 65_536, 1e308].map((weight) => [
    backend("b1"),
    backend("b2", weight),
  ]),
];

const nonsense = fc.record({
  backendId: fc.constantFrom("b1", "b2", "stranger", ""),
  success: fc.boolean(),
  latencyMs: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, -1e308),
});

export const BAD_INPUT: readonly Statement[] = [
  {
    title: "refuses lists with equal ids or impossible weights, and keeps the one it has",
    check: (make) => {
      for (const list of badLists) {
        expect(() => new Rig(make, list, 1)).toThrow(expect.objectContaining({ code: "ERR_INVALID_BACKENDS" }));
        const rig = new Rig(make, fleet(3), 1);
        const untouched = new Rig(make, fleet(3), 1);
        expect(() => rig.balancer.updateBackends(list)).toThrow(
          expect.objectContaining({ code: "ERR_INVALID_BACKENDS" }),
        );
        expect([...rig.send(60)]).toEqual([...untouched.send(60)]);
      }
    },
  },
  {
    title: "is not thrown off by results that make no sense",
    check: (make) => {
      fc.assert(
        fc.property(fc.array(nonsense, { maxLength: 30 }), (results) => {
          const rig = new Rig(make, fleet(2), 23);
          for (const result of results) rig.balancer.recordResult(result);
          // Failures count, whatever their latency; after a minute of none, nothing of them may be left.
          rig.clock.advance(3_600_000);
          rig.send(400);
          expect([...rig.send(400).keys()].toSorted()).toEqual(["b1", "b2"]);
        }),
        { numRuns: 50 },
      );
    },
  },
  {
    title: "takes latencies of any size",
    check: (make) => {
      const rig = new Rig(make, fleet(3), 23).behave({
        b1: { latencyMs: Number.MAX_VALUE },
        b2: { latencyMs: 0 },
        b3: { latencyMs: 5e-324 },
      });
      expect([...rig.send(300).values()].reduce((sum, count) => sum + count, 0)).toBe(300);
    },
  },
  {
    title: "works while the clock stands still or runs backwards",
    check: (make) => {
      for (const stepMs of [0, -1, -10_000]) {
        const rig = new Rig(make, fleet(3), 29);
        const counts = new Map<string, number>();
        for (let n = 0; n < 600; n++) {
          for (const [id, count] of rig.send(1)) counts.set(id, (counts.get(id) ?? 0) + count);
          rig.clock.advance(stepMs - 1);
        }
        for (const { id } of fleet(3)) expect(counts.get(id) ?? 0).toBeGreaterThan(60);
      }
    },
  },
];
