import { describe, expect, test } from "@jest/globals";
import type { CatalogueInstance } from "../../../src/model/instance.js";
import { PRESUMED, type ProbeState, restoredFailing, UNTRIED } from "../../../src/probes/probe-state.js";
import { withVerdicts } from "../../../src/probes/service-verdicts.js";
import { catalogueInstance } from "../../harness/instance.js";

const SICK = restoredFailing(true, "3 failures in a row: HTTP 503");
const SILENT = restoredFailing(false, "3 failures in a row: ECONNREFUSED");

interface Given {
  readonly state: ProbeState;
  readonly instance?: Partial<CatalogueInstance>;
}

function healthOf(given: Readonly<Record<string, Given>>) {
  const instances = Object.entries(given).map(([id, { instance }]) => catalogueInstance("shop", id, instance));
  const { instances: shown, ignored } = withVerdicts(instances, (id) => given[id]?.state);
  return { ignored, health: Object.fromEntries(shown.map(({ id, health }) => [id, health])), shown };
}

describe("health of a service's instances with the word of their probes", () => {
  test("the failing are out while others pass: UNHEALTHY when they answer, TIMEOUT when not; the untried wait", () => {
    const { health, ignored } = healthOf({
      a: { state: PRESUMED },
      b: { state: SICK },
      c: { state: SILENT },
      d: { state: UNTRIED },
    });
    expect(health).toEqual({ a: "HEALTHY", b: "UNHEALTHY", c: "TIMEOUT", d: "UNHEALTHY" });
    expect(ignored).toBe(false);
  });

  test("when nobody passes, probes take no traffic from anyone", () => {
    const { health, ignored, shown } = healthOf({ a: { state: SICK }, b: { state: SILENT }, c: { state: UNTRIED } });
    expect(health).toEqual({ a: "HEALTHY", b: "HEALTHY", c: "HEALTHY" });
    expect(ignored).toBe(true);
    expect(shown.every(({ probe }) => probe?.ignored)).toBe(true);
  });

  test("one that passes but takes no traffic for other reasons is nobody to rely on", () => {
    const { health, ignored } = healthOf({
      a: { state: PRESUMED, instance: { status: "draining" } },
      b: { state: PRESUMED, instance: { adminState: "maint" } },
      c: { state: PRESUMED, instance: { lease: "suspect" } },
      d: { state: SICK },
    });
    expect(ignored).toBe(true);
    expect(health).toEqual({ a: "DRAINING", b: "UNHEALTHY", c: "TIMEOUT", d: "HEALTHY" });
  });

  test("a degraded one that passes is better than a healthy one that fails", () => {
    const { health } = healthOf({ a: { state: PRESUMED, instance: { status: "degraded" } }, b: { state: SICK } });
    expect(health).toEqual({ a: "DEGRADED", b: "UNHEALTHY" });
  });

  test("applied to its own result it changes nothing, and keeps the objects", () => {
    const states: Record<string, ProbeState> = { a: PRESUMED, b: SICK };
    const once = withVerdicts([catalogueInstance("shop", "a"), catalogueInstance("shop", "b")], (id) => states[id]);
    const twice = withVerdicts(once.instances, (id) => states[id]);
    expect(twice.instances.every((instance, i) => instance === once.instances[i])).toBe(true);
    // Back to passing: the health is the instance's own again, not what the overlay had made of it.
    expect(withVerdicts(once.instances, () => PRESUMED).instances.map(({ health }) => health)).toEqual([
      "HEALTHY",
      "HEALTHY",
    ]);
  });

  test("without an instance nothing is ignored", () => {
    expect(withVerdicts([], () => undefined)).toEqual({ instances: [], ignored: false });
  });
});
