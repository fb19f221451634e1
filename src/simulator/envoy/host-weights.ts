// What Envoy asks before it builds a schedule: whether there is anything to schedule.

export const NO_HOSTS = new Int32Array(0);

/** The start point of every schedule of a worker: drawn once, then the same at each update. */
export function scheduleSeed(random: number): number {
  return Math.floor(random * 0x1_0000_0000);
}

/** Whether picks need no schedule: one host, or all of the same weight. */
export function areWeightsEqual(hosts: Int32Array, weights: Float64Array): boolean {
  const first = weights[hosts[0] ?? 0];
  for (const host of hosts) if (weights[host] !== first) return false;
  return true;
}
