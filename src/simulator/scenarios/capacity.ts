// S2: hosts of one, two and four times the capacity, as slots; S2b: the same as speed.
import { BASE, host, planOf, type Scenario } from "../scenario.js";

const SIZES = [1, 2, 4];
const sizeOf = (index: number, hosts: number): number => SIZES[Math.floor((index * SIZES.length) / hosts)] ?? 1;
const DEFAULTS = { ...BASE, warmupSeconds: 25 };

export const capacityAsSlots: Scenario = {
  name: "S2",
  title: "capacities 1x, 2x and 4x, as slots",
  expectation: "p99 a half to a third of LEAST_REQUEST's, close to the oracle's",
  defaults: DEFAULTS,
  plan: (parameters) =>
    planOf(
      parameters,
      Array.from({ length: parameters.hosts }, (_, i) => host({ slots: sizeOf(i, parameters.hosts) })),
    ),
};

export const capacityAsSpeed: Scenario = {
  name: "S2b",
  title: "capacities 1x, 2x and 4x, as speed",
  expectation: "close to the oracle",
  defaults: DEFAULTS,
  plan: (parameters) =>
    planOf(
      parameters,
      Array.from({ length: parameters.hosts }, (_, i) => host({ speed: sizeOf(i, parameters.hosts) })),
    ),
};
