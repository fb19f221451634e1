// The names that `--policy` takes: every weight policy of src/balancers, the oracles, and Envoy left to itself.
import { bindPolicy, WEIGHT_POLICIES } from "../balancers/registry.js";
import type { ControlSettings } from "../control/settings.js";
import { LEAST_REQUEST } from "../model/enforcement.js";
import { SteelyardError } from "../model/errors.js";
import type { ControlPlane, Push } from "./control-plane/control-plane.js";
import { EqualControlPlane } from "./control-plane/equal.js";
import { OracleControlPlane, type OracleRule } from "./control-plane/oracle.js";
import { SteelyardControlPlane } from "./control-plane/steelyard.js";
import type { VirtualClock } from "./engine/virtual-clock.js";
import type { Assignment } from "./envoy/proxies.js";
import { LIBRARY_BALANCERS } from "./library/balancers.js";
import type { HostState } from "./plant/host-state.js";
import type { SimulationPlan } from "./simulation-plan.js";

export interface PolicyContext {
  readonly clock: VirtualClock;
  readonly state: HostState;
  readonly plan: SimulationPlan;
  readonly push: Push;
  readonly controlSettings: ControlSettings;
  readonly policySettings: Readonly<Record<string, unknown>>;
}

/** Proxies left to themselves, all weights equal. Envoy's other policies are those of src/balancers. */
const ALONE: Readonly<Record<string, Assignment["enforcement"]>> = {
  "least-request": LEAST_REQUEST,
  ...Object.fromEntries(LIBRARY_BALANCERS.map((balancer) => [`local:${balancer}`, { policy: "library", balancer }])),
};

const ORACLES: Readonly<Record<string, OracleRule>> = {
  oracle: "optimal",
  "oracle-capacity": "capacity",
  "oracle-squared": "squared",
};

export function policyNames(): string[] {
  const controlled = WEIGHT_POLICIES.map(({ name }) => name);
  return [...new Set([...controlled, ...Object.keys(ALONE), ...Object.keys(ORACLES)])];
}

/** @throws SteelyardError ERR_UNKNOWN_POLICY, or ERR_INVALID_REQUEST for settings that do not parse */
export function createControlPlane(name: string, context: PolicyContext): ControlPlane {
  const { clock, state, plan, push, controlSettings, policySettings } = context;
  const enforcement = ALONE[name];
  if (enforcement !== undefined) return new EqualControlPlane(state, enforcement, push);
  const rule = ORACLES[name];
  if (rule !== undefined) return new OracleControlPlane(clock, state, plan, rule, push);
  if (!policyNames().includes(name))
    throw new SteelyardError(
      "ERR_UNKNOWN_POLICY",
      `no policy ${JSON.stringify(name)}; there are: ${policyNames().join(", ")}`,
    );
  const bound = bindPolicy({ algorithm: name, settings: policySettings });
  return new SteelyardControlPlane({ clock, state, bound, settings: controlSettings, push });
}
