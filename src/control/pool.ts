// Which instances compete for traffic now: the healthy ones of the most preferred priority that has any; degraded ones
// only when nobody is healthy, and those that missed their heartbeats only when nobody else is left: a silent instance may
// well be alive, and with nobody in the pool every request fails. The others are sent to Envoy all the same, with the
// health that keeps traffic away.
import type { CatalogueInstance } from "../model/instance.js";

export function poolOf(instances: readonly CatalogueInstance[]): readonly CatalogueInstance[] {
  const healthy = instances.filter(({ health }) => health === "HEALTHY" || health === "UNKNOWN");
  const degraded = instances.filter(({ health }) => health === "DEGRADED");
  const silent = instances.filter(({ health }) => health === "TIMEOUT");
  const usable = [healthy, degraded, silent].find((tier) => tier.length > 0) ?? [];
  const preferred = Math.min(...usable.map(({ priority }) => priority));
  return usable.filter(({ priority }) => priority === preferred);
}
