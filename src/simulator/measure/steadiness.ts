// Restlessness: whether weights or traffic go on moving when nothing in the world does.
import type { Second } from "./time-series.js";

export interface PushRecord {
  readonly atMs: number;
  /** Target share by host. */
  readonly shares: readonly number[];
}

/** Part of all traffic that the pushes of [fromMs, toMs) moved, summed over pushes: total variation, 0.. */
export function trafficMoved(pushes: readonly PushRecord[], fromMs: number, toMs: number): number {
  let moved = 0;
  for (const [i, { atMs, shares }] of pushes.entries()) {
    const before = pushes[i - 1]?.shares;
    if (before === undefined || atMs < fromMs || atMs >= toMs) continue;
    moved += shares.reduce((sum, share, host) => sum + Math.abs(share - (before[host] ?? 0)) / 2, 0);
  }
  return moved;
}

/** How often a target share turned round (up after down, down after up) within [fromMs, toMs), over all hosts. */
export function signFlips(pushes: readonly PushRecord[], fromMs: number, toMs: number): number {
  let flips = 0;
  const hosts = pushes[0]?.shares.length ?? 0;
  for (let host = 0; host < hosts; host++) {
    let direction = 0;
    for (const [i, { atMs, shares }] of pushes.entries()) {
      const change = Math.sign((shares[host] ?? 0) - (pushes[i - 1]?.shares[host] ?? shares[host] ?? 0));
      if (change === 0) continue;
      if (direction !== 0 && change !== direction && atMs >= fromMs && atMs < toMs) flips += 1;
      direction = change;
    }
  }
  return flips;
}

/** Standard deviation over time of ln(share), mean over hosts; shares averaged over `spanS` seconds to tame counting noise. */
export function shareDeviation(seconds: readonly Second[], spanS = 5): number {
  const hosts = seconds[0]?.shares.length ?? 0;
  const deviations: number[] = [];
  for (let host = 0; host < hosts; host++) {
    const logs: number[] = [];
    for (let i = 0; i + spanS <= seconds.length; i += spanS) {
      const span = seconds.slice(i, i + spanS);
      const share = span.reduce((sum, { shares }) => sum + (shares[host] ?? 0), 0) / spanS;
      if (share > 0) logs.push(Math.log(share));
    }
    if (logs.length < 2) continue;
    const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
    deviations.push(Math.sqrt(logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (logs.length - 1)));
  }
  return deviations.length === 0 ? 0 : deviations.reduce((sum, value) => sum + value, 0) / deviations.length;
}
