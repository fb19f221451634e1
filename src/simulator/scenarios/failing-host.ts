// S4: answers that are failures, from one host or from all.
import type { HostChange } from "../plant/host-change.js";
import { alike, BASE, type Scenario, type ScenarioParameters } from "../scenario.js";
import { type Episode, episodePlan } from "./episode.js";

type Failure = Extract<HostChange, { kind: "fail" }>;

const WELL: Failure = { kind: "fail", fraction: 0, status: 503, when: "at-once" };
const failing = (hosts: readonly number[], change: Partial<Failure>): Episode => ({
  hosts,
  onset: [{ ...WELL, ...change }],
  end: [WELL],
});
const everybody = ({ hosts }: ScenarioParameters): number[] => Array.from({ length: hosts }, (_, i) => i);

export const FAILS_AT_ONCE = failing([3], { fraction: 1 });
export const FAILS_IN_PART = failing([6], { fraction: 0.3, when: "after-service" });

export const failsAtOnce: Scenario = {
  name: "S4",
  title: "one host answers 503 at once, always",
  expectation: "no sinkhole: errors under 0.7 % of all requests, nearly all in the first second",
  defaults: BASE,
  plan: (parameters) => episodePlan(parameters, alike(parameters.hosts), FAILS_AT_ONCE),
};

export const failsInPart: Scenario = {
  name: "S4b",
  title: "30 % of the answers of one host are 503, after the usual work",
  expectation: "found in a round or two, errors under 0.25 %",
  defaults: BASE,
  plan: (parameters) => episodePlan(parameters, alike(parameters.hosts), FAILS_IN_PART),
};

export const tooManyRequests: Scenario = {
  name: "S4c",
  title: "one host answers 429 at once, always",
  expectation: "Envoy counts a 429 as a success: the host must be shed all the same",
  defaults: BASE,
  plan: (parameters) => episodePlan(parameters, alike(parameters.hosts), failing([3], { fraction: 1, status: 429 })),
};

export const failsSlowly: Scenario = {
  name: "S4d",
  title: "one host answers 503 after 10 times the usual work",
  expectation: "as S4",
  defaults: BASE,
  plan: (parameters) =>
    episodePlan(parameters, alike(parameters.hosts), {
      hosts: [3],
      onset: [
        { kind: "slow", factor: 10 },
        { ...WELL, fraction: 1, when: "after-service" },
      ],
      end: [{ kind: "slow", factor: 1 }, WELL],
    }),
};

export const allFail: Scenario = {
  name: "S4e",
  title: "every host answers 500 to everything",
  expectation: "nobody is singled out, and nothing has to be mended afterwards",
  defaults: BASE,
  plan: (parameters) =>
    episodePlan(parameters, alike(parameters.hosts), failing(everybody(parameters), { fraction: 1 })),
};

export const oneRouteFails: Scenario = {
  name: "S4f",
  title: "one route, a tenth of the traffic, fails on every host",
  expectation: "nobody is singled out",
  defaults: BASE,
  // No policy here sees routes, so a failing route is a part of the requests failing everywhere.
  plan: (parameters) =>
    episodePlan(parameters, alike(parameters.hosts), failing(everybody(parameters), { fraction: 0.1 })),
};
