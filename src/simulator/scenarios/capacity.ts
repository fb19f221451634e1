// S2: hosts of one, two and four times the capacity, as slots; S2b: the same as speed.
import { BASE, host, mixedSizes, planOf, type Scenario } from "../scenario.js";

const DEFAULTS = { ...BASE, warmupSeconds: 25 };

export const capacityAsSlots: Scenario = {
  name: "S2",
  title: "capacities 1x, 2x and 4x, as slots",
  expectation: "p99 a half to a third of LEAST_REQUEST's, close to the oracle's",
  defaults: DEFAULTS,
  plan: (parameters) => planOf(parameters, mixedSizes(parameters.hosts)),
};

export const capacityAsSpeed: Scenario = {
  name: "S2b",
  title: "capacities 1x, 2x and 4x, as speed",
  expectation: "close to the oracle",
  defaults: DEFAULTS,
  plan: (parameters) =>
    planOf(
      parameters,
      mixedSizes(parameters.hosts).map(({ slots }) => host({ slots: 1, speed: slots })),
    ),
};
