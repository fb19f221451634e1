// From what is in force to the entries of a plan: the shares that the proxies act on, with the factors of the latest
// evaluation and, where a guard holds the two apart, one more factor that says so.
import type { HealthStatus } from "../model/health.js";
import type { InstanceId } from "../model/ids.js";
import type { CatalogueInstance } from "../model/instance.js";
import type { EndpointLoad } from "../model/load.js";
import type { Factor, PlanEntry } from "../model/plan.js";
import type { Draft, DraftEntry } from "./draft.js";
import type { InForce } from "./in-force.js";

export function planEntries(
  members: readonly CatalogueInstance[],
  inForce: InForce,
  draft: Draft,
  loads: ReadonlyMap<InstanceId, EndpointLoad>,
): PlanEntry[] {
  const wanted = new Map(draft.map((entry) => [entry.id, entry]));
  return members.map(({ id, address, port, priority, health }): PlanEntry => {
    const told = inForce.entries.get(id) ?? { weight: 100, share: 0, step: 0 };
    const base = { instance: id, address, port, priority, health, weight: told.weight, load: loads.get(id) };
    const entry = wanted.get(id);
    if (entry === undefined || told.share === 0)
      return { ...base, share: 0, factors: [], reasons: [outOfPool(health, priority)] };
    const served = { ...base, share: told.share, factors: heldAt(entry, told.share) };
    if (health !== "TIMEOUT") return { ...served, reasons: entry.reasons };
    // As healthy, or Envoy would send nothing to the only ones that may still answer.
    return {
      ...served,
      health: "HEALTHY",
      reasons: ["missed its heartbeats, used because nobody else is left", ...entry.reasons],
    };
  });
}

function heldAt(entry: DraftEntry, share: number): readonly Factor[] {
  const value = share / entry.share;
  if (Math.abs(value - 1) < 1e-9) return entry.factors;
  return [...entry.factors, { name: "not sent", value, note: "within the dead band, or waiting for the next push" }];
}

function outOfPool(health: HealthStatus, priority: number): string {
  switch (health) {
    case "HEALTHY":
    case "UNKNOWN":
      return `standby (priority ${priority})`;
    case "DEGRADED":
      return "degraded: used when no healthy instance is left";
    case "DRAINING":
      return "draining: no new requests";
    case "TIMEOUT":
      return "missed its heartbeats";
    case "UNHEALTHY":
      return "not ready, or in maintenance";
  }
}
