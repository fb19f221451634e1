// Which hosts each proxy uses when subsetting keeps it from knowing all (after Envoy's random_subsetting).
import type { Rng } from "../../runtime/rng.js";
import type { SimulationPlan } from "../simulation-plan.js";

export function chooseSubsets(
  { proxies, hosts, subsetSize }: Pick<SimulationPlan, "proxies" | "hosts" | "subsetSize">,
  rng: Rng,
): readonly ReadonlySet<number>[] | undefined {
  if (subsetSize === undefined) return undefined;
  return Array.from({ length: proxies }, () => {
    const order = hosts.map((_, host) => ({ host, key: rng.next() })).toSorted((a, b) => a.key - b.key);
    return new Set(order.slice(0, subsetSize).map(({ host }) => host));
  });
}
