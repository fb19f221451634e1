// All scenarios, in the order of their names.
import type { Scenario } from "../scenario.js";
import { capacityAsSlots, capacityAsSpeed } from "./capacity.js";
import { allFail, failsAtOnce, failsInPart, failsSlowly, oneRouteFails, tooManyRequests } from "./failing-host.js";
import { homogeneous } from "./homogeneous.js";
import { hang, slowTenfold, slowThreefold } from "./slow-host.js";

export const SCENARIOS: readonly Scenario[] = [
  homogeneous,
  capacityAsSlots,
  capacityAsSpeed,
  slowTenfold,
  slowThreefold,
  hang,
  failsAtOnce,
  failsInPart,
  tooManyRequests,
  failsSlowly,
  allFail,
  oneRouteFails,
];
