// S11: bursts of requests, and requests of very different size.
import { BASE, mixedSizes, planOf, type Scenario, type Variation } from "../scenario.js";

function uneven(name: string, title: string, variation: Variation): Scenario {
  return {
    name,
    title: `${title}; capacities 1x, 2x and 4x`,
    expectation: "noise teaches nothing: close to the oracle, no more pushes than in S2",
    defaults: { ...BASE, load: 0.6, seconds: 90, warmupSeconds: 25 },
    plan: (parameters) => planOf(parameters, mixedSizes(parameters.hosts), variation),
  };
}

export const unevenWork: readonly Scenario[] = [
  uneven("S11", "bursts of 10 times the traffic for 0.2 s", {
    bursts: { factor: 10, meanBurstMs: 200, meanPauseMs: 4_800 },
  }),
  uneven("S11b", "lognormal service times, CV 3", { law: { kind: "lognormal", cv: 3 } }),
  uneven("S11c", "Pareto service times, exponent 1.5", { law: { kind: "pareto", shape: 1.5 } }),
  uneven("S11d", "one request in 100 is 100 times as much work", {
    law: { kind: "bimodal", longFraction: 0.01, ratio: 100 },
    requestTimeoutMs: 15_000,
  }),
];
