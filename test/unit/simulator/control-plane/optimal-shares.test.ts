import { describe, expect, test } from "@jest/globals";
import { optimalRates, responseMs } from "../../../../src/simulator/control-plane/optimal-shares.js";

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe("optimalRates", () => {
  test("single-slot hosts: the square-root rule", () => {
    const capacities = [50, 100, 200];
    const rates = optimalRates(
      capacities.map((capacity) => ({ slots: 1, serviceMs: 1_000 / capacity })),
      245,
    );
    const spare = sum(capacities) - 245;
    const roots = sum(capacities.map(Math.sqrt));
    capacities.forEach((capacity, i) =>
      expect(rates[i]! / (capacity - (Math.sqrt(capacity) * spare) / roots)).toBeCloseTo(1, 3),
    );
  });

  test("adds up, and is at least as good as shares by capacity", () => {
    const hosts = [1, 1, 1, 2, 2, 2, 4, 4, 4].map((slots) => ({ slots, serviceMs: 20 }));
    const rates = optimalRates(hosts, 735);
    expect(sum(rates)).toBeCloseTo(735, 3);
    const cost = (of: readonly number[]): number => sum(hosts.map((host, i) => of[i]! * responseMs(host, of[i]!)));
    expect(cost(rates)).toBeLessThan(cost(hosts.map(({ slots }) => (735 * slots) / 21)));
  });

  test("a host slower than the others under their load gets nothing", () => {
    const rates = optimalRates(
      [{ slots: 2, serviceMs: 200 }, ...Array.from({ length: 8 }, () => ({ slots: 2, serviceMs: 20 }))],
      400,
    );
    expect(rates[0]).toBe(0);
  });

  test("more than there is: by capacity", () => {
    expect(
      optimalRates(
        [
          { slots: 1, serviceMs: 10 },
          { slots: 3, serviceMs: 10 },
        ],
        800,
      ),
    ).toEqual([200, 600]);
  });
});
