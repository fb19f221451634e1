// S1: nothing is different and nothing happens.
import { alike, BASE, planOf, type Scenario } from "../scenario.js";

export const homogeneous: Scenario = {
  name: "S1",
  title: "equal hosts, no fault",
  expectation: "as LEAST_REQUEST alone, and hardly a push",
  defaults: BASE,
  plan: (parameters) => planOf(parameters, alike(parameters.hosts)),
};
