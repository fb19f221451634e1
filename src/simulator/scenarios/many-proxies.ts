// S9: many proxies that see little each, with unequal traffic, or with few hosts each.
import { BASE, mixedSizes, planOf, type Scenario } from "../scenario.js";

export const skewedProxies: Scenario = {
  name: "S9",
  title: "100 proxies, traffic among them by Zipf's law; capacities 1x, 2x and 4x",
  expectation: "close to the oracle, where LEAST_REQUEST has become random choice",
  defaults: { ...BASE, proxies: 100, warmupSeconds: 25 },
  plan: (parameters) => planOf(parameters, mixedSizes(parameters.hosts), { skew: { kind: "zipf", exponent: 1 } }),
};

export const subsets: Scenario = {
  name: "S9b",
  title: "20 proxies, each knows only five of the hosts; capacities 1x, 2x and 4x",
  expectation: "far better than LEAST_REQUEST, although no weights are right for every subset",
  defaults: { ...BASE, proxies: 20, load: 0.6, warmupSeconds: 25 },
  plan: (parameters) => planOf(parameters, mixedSizes(parameters.hosts), { subsetSize: 5 }),
};
