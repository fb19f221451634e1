// What translation is given of a service.
import type { PlanEntry, WeightPlan } from "../model/plan.js";
import type { ServiceSnapshot } from "../model/service.js";
import type { AssignmentEndpoint } from "./assignment.js";

/** A service as the catalogue and the control loop see it. */
export interface PlannedService {
  readonly snapshot: ServiceSnapshot;
  readonly plan: WeightPlan;
}

/** `share`: of what the instances of its own service get from callers at one place, 0..1. */
export type PlannedEndpoint = AssignmentEndpoint & Pick<PlanEntry, "share">;
