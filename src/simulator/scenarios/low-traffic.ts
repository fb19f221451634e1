// S12: too little traffic to know anything soon.
import { BASE, mixedSizes, planOf, type Scenario } from "../scenario.js";

export const lowTraffic: Scenario = {
  name: "S12",
  title: "two requests a second per host, half a second of work each; capacities 1x, 2x and 4x",
  expectation: "slow but steady: better than LEAST_REQUEST, nobody starved",
  defaults: { ...BASE, load: 0.4, seconds: 240, warmupSeconds: 60 },
  plan: (parameters) =>
    planOf(parameters, mixedSizes(parameters.hosts), { meanServiceMs: 500, requestTimeoutMs: 30_000 }),
};
