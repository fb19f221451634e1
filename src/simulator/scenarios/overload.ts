// S10: more than the fleet can carry.
import { BASE, mixedSizes, planOf, type Scenario } from "../scenario.js";

export const overload: Scenario = {
  name: "S10",
  title: "130 % load with a timeout of 1 s; capacities 1x, 2x and 4x",
  expectation: "goodput no worse than LEAST_REQUEST's; nobody is singled out",
  defaults: { ...BASE, load: 1.3 },
  plan: (parameters) => planOf(parameters, mixedSizes(parameters.hosts), { requestTimeoutMs: 1_000 }),
};
