// All scenarios, in the order of their names.
import type { Scenario } from "../scenario.js";
import { antagonists } from "./antagonist.js";
import { badTelemetries } from "./bad-telemetry.js";
import { capacityAsSlots, capacityAsSpeed } from "./capacity.js";
import { chained } from "./chained.js";
import { allFail, failsAtOnce, failsInPart, failsSlowly, oneRouteFails, tooManyRequests } from "./failing-host.js";
import { homogeneous } from "./homogeneous.js";
import { lowTraffic } from "./low-traffic.js";
import { skewedProxies, subsets } from "./many-proxies.js";
import { coldStart, rollingRestart, scaling } from "./membership.js";
import { overload } from "./overload.js";
import { pauses } from "./pauses.js";
import { hang, slowTenfold, slowThreefold } from "./slow-host.js";
import { unevenWork } from "./uneven-work.js";
import { zoneLoss } from "./zones.js";

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
  ...antagonists,
  pauses,
  coldStart,
  scaling,
  rollingRestart,
  zoneLoss,
  skewedProxies,
  subsets,
  overload,
  ...unevenWork,
  lowTraffic,
  ...badTelemetries,
  chained,
];
