// S3: one host turns slow, or stops answering, and later is well again.
import { alike, BASE, type Scenario } from "../scenario.js";
import { type Episode, episodePlan } from "./episode.js";

const slowBy = (factor: number): Episode => ({
  hosts: [0],
  onset: [{ kind: "slow", factor }],
  end: [{ kind: "slow", factor: 1 }],
});

export const SLOW_TENFOLD = slowBy(10);

export const slowTenfold: Scenario = {
  name: "S3",
  title: "one host 10 times slower",
  expectation: "shed within 4 s, late p99 as if it were not there, back within 15 s",
  defaults: BASE,
  plan: (parameters) => episodePlan(parameters, alike(parameters.hosts), SLOW_TENFOLD),
};

export const slowThreefold: Scenario = {
  name: "S3b",
  title: "one host 3 times slower",
  expectation: "late p99 near the oracle's, no swing",
  defaults: BASE,
  plan: (parameters) => episodePlan(parameters, alike(parameters.hosts), slowBy(3)),
};

export const hang: Scenario = {
  name: "S3c",
  title: "one host takes requests and answers none",
  expectation: "errors only among what it took in the first seconds; probes go on",
  defaults: BASE,
  plan: (parameters) =>
    episodePlan(parameters, alike(parameters.hosts), {
      hosts: [0],
      onset: [{ kind: "pause", forMs: parameters.seconds * 1_000 }],
      end: [],
    }),
};
