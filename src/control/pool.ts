// Which instances compete for traffic now: the healthy ones of the most preferred priority that has any; degraded ones
// only when nobody is healthy. The others are sent to Envoy all the same, with the health that keeps traffic away.
import type { CatalogueInstance } from "../model/instance.js";

export function poolOf(instances: readonly CatalogueInstance[]): readonly CatalogueInstance[] {
  const healthy = instances.filter(({ health }) => health === "HEALTHY" || health === "UNKNOWN");
  const usable = healthy.length > 0 ? healthy : instances.filter(({ health }) => health === "DEGRADED");
  const preferred = Math.min(...usable.map(({ priority }) => priority));
  return usable.filter(({ priority }) => priority === preferred);
}
