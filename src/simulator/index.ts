// Library entry point `steelyard/simulator`: what a policy does to a fleet, in seconds, without a fleet.
export { renderChart } from "./chart/render-chart.js";
export { LatencyHistogram } from "./measure/latency-histogram.js";
export type { MarkResult } from "./measure/settling.js";
export type { Second } from "./measure/time-series.js";
export type { WindowResult } from "./measure/window-record.js";
export type { HostChange } from "./plant/host-change.js";
export { policyNames } from "./policies.js";
export {
  alike,
  BASE,
  host,
  mixedSizes,
  planOf,
  type Scenario,
  type ScenarioParameters,
  type Variation,
} from "./scenario.js";
export { SCENARIOS } from "./scenarios/index.js";
export {
  type HostGroup,
  type PolicyResult,
  type RunResult,
  type Simulated,
  type SimulateOptions,
  simulate,
} from "./simulate.js";
export type { HostSpec, Mark, SimulationPlan, TelemetrySpec, TimelineEvent, Window } from "./simulation-plan.js";
