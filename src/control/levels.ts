// How Envoy spreads a service's traffic over its priorities, so that plans say what happens: each priority takes what its
// healthy part can, the next one the rest, degraded instances come after all healthy ones. Only instances that were told to
// Envoy count, those that drain too. Invariant: the loads are those of the healths that Envoy is told, `toldHealth`.
import { type FailoverSettings, type LevelLoad, priorityLoads } from "../balancers/failover/priority-load.js";
import type { HealthStatus } from "../model/health.js";
import type { ServiceName } from "../model/ids.js";
import type { CatalogueInstance } from "../model/instance.js";
import type { PlanLevel } from "../model/plan.js";
import type { Failover } from "../model/policy/failover.js";
import type { ServiceSnapshot } from "../model/service.js";

export interface Level {
  readonly priority: number;
  readonly instances: readonly CatalogueInstance[];
  readonly healthy: readonly CatalogueInstance[];
  readonly degraded: readonly CatalogueInstance[];
  readonly load: LevelLoad;
}

export interface Levels {
  /** Of the service's own instances, most preferred first. */
  readonly own: readonly Level[];
  /** As in `WeightPlan.levels`. */
  readonly all: readonly PlanLevel[];
  /** Nobody is left but those that missed their heartbeats: they are told to Envoy as healthy, for they may well be alive. */
  readonly lastResort: boolean;
}

/** What `failover` of a policy is when it is absent: Envoy's head room, and no panic. */
const DEFAULTS: Pick<Failover, "overprovisioningPercent" | "panicThresholdPercent"> = {
  overprovisioningPercent: 140,
  panicThresholdPercent: 0,
};

interface Tiers extends Omit<Level, "load"> {
  readonly service: ServiceName | undefined;
}

/** @param related services that take over when this one cannot, in their order */
export function levelsOf({ policy, instances }: ServiceSnapshot, related: readonly ServiceSnapshot[] = []): Levels {
  const others = related.flatMap((other) => {
    const silent = !other.instances.some(({ health }) => isUsable(health));
    return tiersOf(other.instances, silent, other.service);
  });
  const isServed = ({ healthy, degraded }: Tiers): boolean => healthy.length + degraded.length > 0;
  const lastResort = !instances.some(({ health }) => isUsable(health)) && !others.some(isServed);
  const own = tiersOf(instances, lastResort, undefined);
  const tiers = [...own, ...others];
  const loads = priorityLoads(
    tiers.map((level) => ({
      total: level.instances.length,
      healthy: level.healthy.length,
      degraded: level.degraded.length,
    })),
    settingsOf(policy.failover ?? DEFAULTS),
  );
  const loadOf = (i: number): LevelLoad => loads[i] ?? { healthy: 0, degraded: 0, panic: false };
  return {
    own: own.map(({ priority, instances: members, healthy, degraded }, i) => ({
      priority,
      instances: members,
      healthy,
      degraded,
      load: loadOf(i),
    })),
    all: tiers.map((level, i) => planLevel(level, loadOf(i))),
    lastResort,
  };
}

/** What Envoy is told of an instance. */
export function toldHealth(health: HealthStatus, lastResort: boolean): HealthStatus {
  return lastResort && health === "TIMEOUT" ? "HEALTHY" : health;
}

function settingsOf(failover: typeof DEFAULTS): FailoverSettings {
  return {
    overprovisioningFactor: failover.overprovisioningPercent / 100,
    panicThreshold: failover.panicThresholdPercent / 100,
  };
}

function tiersOf(
  instances: readonly CatalogueInstance[],
  lastResort: boolean,
  service: ServiceName | undefined,
): readonly Tiers[] {
  const byPriority = new Map<number, CatalogueInstance[]>();
  for (const instance of instances) {
    const level = byPriority.get(instance.priority);
    if (level) level.push(instance);
    else byPriority.set(instance.priority, [instance]);
  }
  return [...byPriority]
    .sort(([a], [b]) => a - b)
    .map(([priority, found]) => {
      const members = asOne(instances, found);
      return {
        service,
        priority,
        instances: members,
        healthy: asOne(
          members,
          members.filter(({ health }) => isHealthy(toldHealth(health, lastResort))),
        ),
        degraded: members.filter(({ health }) => health === "DEGRADED"),
      };
    });
}

/** The list itself where all of it was chosen: usually everybody is of one priority and healthy, and copies are kept. */
function asOne<T>(list: readonly T[], chosen: readonly T[]): readonly T[] {
  return chosen.length === list.length ? list : chosen;
}

function planLevel({ service, priority, instances, healthy, degraded }: Tiers, load: LevelLoad): PlanLevel {
  return {
    ...(service === undefined ? {} : { service }),
    priority,
    share: load.healthy,
    degradedShare: load.degraded,
    panic: load.panic,
    instances: instances.length,
    healthy: healthy.length,
    degraded: degraded.length,
  };
}

function isHealthy(health: HealthStatus): boolean {
  return health === "HEALTHY" || health === "UNKNOWN";
}

function isUsable(health: HealthStatus): boolean {
  return isHealthy(health) || health === "DEGRADED";
}
