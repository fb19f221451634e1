// Which part of the keys each priority level gets, as Envoy's LoadBalancerBase computes it: in whole percents, by how many
// of a level's hosts are healthy times the overprovisioning factor, what is missing spilling over to the next level. The
// same integer arithmetic, since a percent that rounds otherwise would move keys.

export interface LevelHealth {
  readonly hosts: number;
  readonly healthy: number;
  readonly degraded: number;
}

export interface PriorityLoad {
  /** Percent by level, for the healthy hosts of each; with `degraded` they add up to 100, unless there are no levels. */
  readonly healthy: readonly number[];
  readonly degraded: readonly number[];
  /** Levels whose health is ignored because too many are out. */
  readonly panic: readonly boolean[];
}

export interface PriorityLoadSettings {
  /** 100 = a level takes all only while all of it is healthy. */
  readonly overprovisioningPercent: number;
  /** 0 = never ignore health. */
  readonly panicThresholdPercent: number;
}

const { floor, min } = Math;

export function priorityLoad(levels: readonly LevelHealth[], settings: PriorityLoadSettings): PriorityLoad {
  const { overprovisioningPercent, panicThresholdPercent } = settings;
  const availability = (count: number, hosts: number): number =>
    hosts === 0 ? 0 : min(100, floor((overprovisioningPercent * count) / hosts));
  const healthy = levels.map((level) => availability(level.healthy, level.hosts));
  const degraded = levels.map((level) => availability(level.degraded, level.hosts));
  const total = min(100, sum(healthy) + sum(degraded));
  const panic = levels.map(
    (level) =>
      total < 100 &&
      (level.hosts === 0 ? 0 : (100 * (level.healthy + level.degraded)) / level.hosts) < panicThresholdPercent,
  );
  const none = levels.map(() => 0);
  if (total === 0 && panicThresholdPercent === 0) return { healthy: withExtra(none, 0, 100), degraded: none, panic };
  if (panic.every(Boolean)) return { healthy: loadInTotalPanic(levels), degraded: none, panic };
  return { ...distribute(healthy, degraded, total), panic };
}

function distribute(healthy: readonly number[], degraded: readonly number[], total: number) {
  const first = spread(healthy, 100, total);
  const second = spread(degraded, first.rest, total);
  const firstHealthy = healthy.findIndex((part) => part > 0);
  const firstDegraded = degraded.findIndex((part) => part > 0);
  return firstHealthy >= 0
    ? { healthy: withExtra(first.parts, firstHealthy, second.rest), degraded: second.parts }
    : { healthy: first.parts, degraded: withExtra(second.parts, firstDegraded, second.rest) };
}

function spread(availability: readonly number[], load: number, total: number) {
  let rest = load;
  const parts = availability.map((part) => {
    const taken = min(rest, floor((part * 100) / total));
    rest -= taken;
    return taken;
  });
  return { parts, rest };
}

function loadInTotalPanic(levels: readonly LevelHealth[]): readonly number[] {
  const all = sum(levels.map(({ hosts }) => hosts));
  const parts = levels.map(({ hosts }) => (all === 0 ? 0 : floor((100 * hosts) / all)));
  const first = levels.findIndex(({ hosts }) => hosts > 0);
  return withExtra(parts, Math.max(0, first), 100 - sum(parts));
}

function withExtra(parts: readonly number[], at: number, extra: number): readonly number[] {
  return parts.map((part, index) => (index === at ? part + extra : part));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
