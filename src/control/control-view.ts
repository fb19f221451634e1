// What the outside may read of the control loop.
import type { InstanceId, ServiceName } from "../model/ids.js";
import type { WeightPlan } from "../model/plan.js";
import type { WatchableMap } from "../runtime/watchable-map.js";
import type { Explanation } from "./explanation.js";

export interface ControlView {
  /** The plan in force per service, with the loads of the last round: stored anew after every round. */
  readonly plans: WatchableMap<ServiceName, WeightPlan>;
  explain(service: ServiceName, instance: InstanceId): Explanation | undefined;
}
