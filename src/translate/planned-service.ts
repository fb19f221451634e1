// What translation is given of a service.
import type { WeightPlan } from "../model/plan.js";
import type { ServiceSnapshot } from "../model/service.js";

/** A service as the catalogue and the control loop see it. */
export interface PlannedService {
  readonly snapshot: ServiceSnapshot;
  readonly plan: WeightPlan;
}
