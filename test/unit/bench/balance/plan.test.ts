import { describe, expect, test } from "@jest/globals";
import { MAX_BATCH } from "../../../../bench/balance/contenders.js";
import { lengthOf, planOf } from "../../../../bench/balance/plan.js";
import { SCENARIO_NAMES, scenariosFor } from "../../../../bench/balance/scenarios.js";

const ALL = { scenarios: SCENARIO_NAMES, quick: false, proxies: [1, 4], repetitions: 2, contenders: undefined };

describe("planOf", () => {
  test("least-request is in every batch, and no batch is too large for the machine", () => {
    for (const { contenders } of planOf(ALL, true)) {
      expect(contenders).toContain("least-request");
      expect(contenders.length).toBeLessThanOrEqual(MAX_BATCH);
    }
  });

  test("whoever knows nothing of load is measured once, and the optional one only where it exists", () => {
    const blind = planOf(ALL, false).filter(({ contenders }) => contenders.includes("round-robin"));
    expect(blind.every(({ repetition }) => repetition === 1)).toBe(true);
    expect(blind).toHaveLength(6); // two loads of S2 and the chain, with one and with four Envoys
    expect(planOf(ALL, false).some(({ contenders }) => contenders.includes("peak-ewma"))).toBe(false);
    expect(planOf(ALL, true).some(({ contenders }) => contenders.includes("peak-ewma"))).toBe(true);
  });

  test("a scenario for four Envoys is not run with one", () => {
    const plan = planOf({ ...ALL, scenarios: ["false-reports"] }, false);
    expect(plan.map(({ proxies }) => proxies)).toEqual([4, 4]);
  });

  test("the quick look takes about three minutes", () => {
    const plan = planOf({ ...ALL, scenarios: ["S2", "S3", "S4"], quick: true, proxies: [1], repetitions: 1 }, false);
    expect(lengthOf(plan)).toBeLessThan(180);
  });
});

describe("scenarios", () => {
  const all = [...scenariosFor(SCENARIO_NAMES, false), ...scenariosFor(SCENARIO_NAMES, true)];

  test.each(all.map((scenario) => [scenario.name, scenario] as const))("%s fits into its length", (_, scenario) => {
    for (const { fromS, toS, fault } of scenario.windows) {
      expect(fromS).toBeLessThan(toS);
      expect(toS).toBeLessThanOrEqual(scenario.lengthS);
      if (fault !== undefined) expect(fault.backByS).toBeLessThanOrEqual(scenario.lengthS);
    }
    for (const { atS, action } of scenario.steps) {
      expect(atS).toBeLessThanOrEqual(scenario.lengthS);
      expect(scenario.slots[action.host]).toBeDefined();
    }
  });

  test.each(all.map((scenario) => [scenario.name, scenario] as const))(
    "%s heals every lasting fault",
    (_, scenario) => {
      const faulty = new Set<number>();
      for (const { action } of scenario.steps) {
        if (action.kind === "inject" && action.fault.fadeMs === undefined) faulty.add(action.host);
        if (action.kind === "heal") faulty.delete(action.host);
      }
      expect([...faulty]).toEqual([]);
    },
  );

  test("each window of the chain has exactly its fault", () => {
    const [chain] = scenariosFor(["S1", "S3", "S4", "S4b"], false);
    const injected = chain?.steps.filter(({ action }) => action.kind === "inject").map(({ atS }) => atS);
    const windows = chain?.windows.filter(({ fault }) => fault !== undefined).map(({ fromS }) => fromS);
    expect(injected).toEqual(windows);
    expect(windows).toHaveLength(3);
  });
});
