// A plan with every field at a plain value, so that a test spells out only what it is about.
import { LEAST_REQUEST } from "../../src/model/enforcement.js";
import type { ServiceName } from "../../src/model/ids.js";
import type { CatalogueInstance } from "../../src/model/instance.js";
import type { PlanEntry, WeightPlan } from "../../src/model/plan.js";

type Registered = Pick<CatalogueInstance, "id" | "address" | "port" | "priority" | "health" | "weight">;

/** With the registered weight. */
export function planEntry(
  { id, address, port, priority, health, weight }: Registered,
  given: Partial<PlanEntry> = {},
): PlanEntry {
  const plain = { share: 0, factors: [], reasons: [], load: undefined };
  return { instance: id, address, port, priority, health, weight, ...plain, ...given };
}

export function weightPlan(
  service: ServiceName,
  entries: readonly PlanEntry[],
  given: Partial<WeightPlan> = {},
): WeightPlan {
  return {
    service,
    revision: 1,
    mode: "normal",
    policy: "adaptive",
    signalMode: "L",
    enforcement: LEAST_REQUEST,
    levels: [],
    entries,
    ...given,
  };
}
