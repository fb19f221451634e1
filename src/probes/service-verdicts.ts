// The instances of one service with what probes say of them. Pure. Law 1: probes take traffic away only while some other
// instance passes. When none does, the prober itself may be cut off, or the check be wrong, and nobody is singled out.
import { takesTraffic } from "../model/health.js";
import type { InstanceId } from "../model/ids.js";
import { type CatalogueInstance, effectiveHealth, probedHealth } from "../model/instance.js";
import type { InstanceProbe } from "../model/probe.js";
import type { ProbeState } from "./probe-state.js";

export interface ServiceVerdicts {
  /** In the order given. Those about whom nothing new is to be said are the same objects. */
  readonly instances: readonly CatalogueInstance[];
  /** Nobody who would take traffic passes, so all of them get some. */
  readonly ignored: boolean;
}

export function withVerdicts(
  instances: readonly CatalogueInstance[],
  stateOf: (instance: InstanceId) => ProbeState | undefined,
): ServiceVerdicts {
  let candidates = 0;
  let passing = 0;
  for (const instance of instances) {
    if (!takesTraffic(effectiveHealth(instance, instance.lease))) continue;
    candidates += 1;
    if (stateOf(instance.id)?.verdict === "passing") passing += 1;
  }
  const ignored = candidates > 0 && passing === 0;
  return {
    ignored,
    instances: instances.map((instance) => {
      const state = stateOf(instance.id);
      return state === undefined ? instance : withProbe(instance, { ...shown(state), ignored });
    }),
  };
}

function shown({ verdict, answered, detail }: ProbeState): Omit<InstanceProbe, "ignored"> {
  return { verdict, answered, detail };
}

function withProbe(instance: CatalogueInstance, probe: InstanceProbe): CatalogueInstance {
  const health = probedHealth(effectiveHealth(instance, instance.lease), probe);
  const before = instance.probe;
  const same =
    before !== undefined &&
    instance.health === health &&
    before.verdict === probe.verdict &&
    before.detail === probe.detail &&
    before.ignored === probe.ignored;
  return same ? instance : { ...instance, health, probe };
}
