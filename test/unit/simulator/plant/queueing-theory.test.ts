// The plant against what is known exactly: the mean time in an M/M/c queue (Erlang C).
import { expect, test } from "@jest/globals";
import { host, planOf, type Scenario } from "../../../../src/simulator/scenario.js";
import { simulate } from "../../../../src/simulator/simulate.js";

const SERVICE_MS = 20;

/** Mean time in the system, in service times. */
function erlangResponse(slots: number, load: number): number {
  const offered = slots * load;
  let term = 1;
  let sum = 1;
  for (let k = 1; k < slots; k++) {
    term *= offered / k;
    sum += term;
  }
  const last = (term * offered) / slots / (1 - load);
  return 1 + last / (sum + last) / (slots * (1 - load));
}

function oneHost(slots: number): Scenario {
  return {
    name: "M/M/c",
    title: "",
    expectation: "",
    defaults: { hosts: 1, proxies: 1, load: 0.7, seconds: 400, warmupSeconds: 10 },
    plan: (parameters) => planOf(parameters, [host({ slots })], { meanServiceMs: SERVICE_MS }),
  };
}

test.each([
  [1, 0.5],
  [2, 0.7],
  [4, 0.8],
])("%i slots at load %f", (slots, load) => {
  const { results } = simulate({ scenario: oneHost(slots), policies: ["random"], seeds: 2, parameters: { load } });
  const expectedMs = SERVICE_MS * erlangResponse(slots, load);
  expect(Math.abs(results[0]!.meanMs! / expectedMs - 1)).toBeLessThan(0.03);
  expect(results[0]!.goodputRps / ((load * slots * 1_000) / SERVICE_MS)).toBeCloseTo(1, 1);
});
