import { describe, expect, test } from "@jest/globals";
import { RequestRecords } from "../../../../bench/balance/load/request-records.js";
import { measureRun } from "../../../../bench/balance/measures/measure-run.js";
import type { Scenario } from "../../../../bench/balance/scenario.js";

const scenario: Scenario = {
  name: "X",
  title: "one of two hosts fails from 10 s to 20 s",
  slots: [1, 1],
  absent: [],
  rateRps: 10,
  lengthS: 30,
  steps: [],
  windows: [
    { name: "start", fromS: 0, toS: 10 },
    { name: "X", fromS: 10, toS: 20, fault: { host: 1, backByS: 30 } },
  ],
  proxies: [1],
  blind: false,
};

/** Ten requests a second, 20 ms each; with the fault, the first second of it fails. */
function run(names: readonly string[]): ReturnType<typeof measureRun> {
  const records = new RequestRecords();
  names.forEach((_, contender) => {
    for (let dueMs = 0; dueMs < 30_000; dueMs += 100) {
      const failed = dueMs >= 10_000 && dueMs < 11_000;
      records.add(contender, dueMs, failed ? 1 : 20, failed ? 503 : 200, 0);
    }
  });
  const host = Array.from({ length: 30 }, () => 5);
  const faulty = Array.from({ length: 30 }, (_, s) => (s >= 12 && s < 24 ? 0 : 5));
  return measureRun({
    scenario,
    contenders: names,
    records,
    arrivals: names.map(() => [host, faulty]),
    arrivalStepMs: 1_000,
    revisionAt: (contender, atS) => (contender === "adaptive" ? atS / 2 : undefined),
  });
}

describe("measureRun", () => {
  test("the fault window: errors, the late part, and the way out and back", () => {
    const [adaptive] = run(["adaptive"]);
    expect(adaptive?.windows[1]).toMatchObject({
      name: "X",
      requests: 100,
      errorRate: 0.1,
      pushes: 5,
      fault: { lateErrorRate: 0, lateP99Ms: 20, lateShareOfFair: 0, shedSeconds: 2, backSeconds: 3 },
    });
  });

  test("who has no plan has no pushes, and without an oracle nobody settles", () => {
    const [other] = run(["least-request"]);
    expect(other?.windows[0]).not.toHaveProperty("pushes");
    expect(other).not.toHaveProperty("settleSeconds");
  });

  test("settling is judged by the oracle of the same run", () => {
    expect(run(["oracle", "adaptive"]).map(({ settleSeconds }) => settleSeconds)).toEqual([0, 0]);
  });
});
