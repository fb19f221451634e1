import { describe, expect, test } from "@jest/globals";
import { seededRng } from "../../../../src/runtime/rng.js";
import { burstLevels } from "../../../../src/simulator/traffic/bursts.js";
import { ProxyChoice } from "../../../../src/simulator/traffic/proxy-skew.js";
import { type ServiceLaw, samplerOf } from "../../../../src/simulator/traffic/service-law.js";
import { chooseSubsets } from "../../../../src/simulator/traffic/subsets.js";

const DRAWS = 100_000;

function momentsOf(law: ServiceLaw): { mean: number; cv: number } {
  const sample = samplerOf(law, seededRng(11));
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < DRAWS; i++) {
    const value = sample();
    sum += value;
    squares += value * value;
  }
  const mean = sum / DRAWS;
  return { mean, cv: Math.sqrt(squares / DRAWS - mean * mean) / mean };
}

describe("service laws", () => {
  test.each<[ServiceLaw, number]>([
    [{ kind: "exponential" }, 1],
    [{ kind: "fixed" }, 0],
    [{ kind: "lognormal", cv: 3 }, 3],
    // CV of a mixture: 99 % of x and 1 % of 100x.
    [{ kind: "bimodal", longFraction: 0.01, ratio: 100 }, 4.95],
  ])("%j has mean 1 and its coefficient of variation", (law, cv) => {
    const moments = momentsOf(law);
    expect(Math.abs(moments.mean - 1)).toBeLessThan(0.03);
    expect(Math.abs(moments.cv - cv)).toBeLessThan(0.15 * cv + 1e-6);
  });

  test("Pareto has its tail", () => {
    const sample = samplerOf({ kind: "pareto", shape: 1.5 }, seededRng(12));
    const scale = 1 / 3;
    let beyond = 0;
    for (let i = 0; i < DRAWS; i++) if (sample() > 10 * scale) beyond += 1;
    expect(beyond / DRAWS).toBeCloseTo(10 ** -1.5, 2);
  });
});

describe("arrivals at proxies", () => {
  const sharesOf = (choice: ProxyChoice, proxies: number): number[] => {
    const count = Array.from({ length: proxies }, () => 0);
    for (let i = 0; i < DRAWS; i++) count[choice.next()]! += 1;
    return count.map((value) => value / DRAWS);
  };

  test("uniform", () => {
    for (const share of sharesOf(new ProxyChoice({ kind: "uniform" }, 4, seededRng(1)), 4))
      expect(share).toBeCloseTo(0.25, 2);
  });

  test("Zipf: the second gets half of the first", () => {
    const shares = sharesOf(new ProxyChoice({ kind: "zipf", exponent: 1 }, 10, seededRng(1)), 10);
    const total = Array.from({ length: 10 }, (_, k) => 1 / (k + 1)).reduce((sum, value) => sum + value, 0);
    shares.forEach((share, k) => expect(Math.abs(share - 1 / (k + 1) / total)).toBeLessThan(0.01));
  });
});

test("bursts keep the mean rate", () => {
  const bursts = { factor: 10, meanBurstMs: 200, meanPauseMs: 4_800 };
  const { calm, burst } = burstLevels(bursts);
  expect((calm * bursts.meanPauseMs + burst * bursts.meanBurstMs) / 5_000).toBeCloseTo(1, 12);
  expect(burst / calm).toBeCloseTo(10, 12);
});

test("subsets have their size and are not all the same", () => {
  const hosts = Array.from({ length: 9 }, () => ({ slots: 1, speed: 1, zone: 0, present: true }));
  const subsets = chooseSubsets({ proxies: 8, hosts, subsetSize: 5 }, seededRng(2));
  expect(subsets?.map(({ size }) => size)).toEqual(Array.from({ length: 8 }, () => 5));
  expect(new Set(subsets?.map((subset) => [...subset].toSorted((a, b) => a - b).join())).size).toBeGreaterThan(1);
  expect(chooseSubsets({ proxies: 8, hosts, subsetSize: undefined }, seededRng(2))).toBeUndefined();
});
