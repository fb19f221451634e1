// What the backends of one service last said of themselves, with its age. Two ways lead here: ORCA values in load reports,
// one per round and so the younger ones, and heartbeats. Each is believed for three of its own intervals.
import type { InstanceId } from "../model/ids.js";
import type { UtilizationSource } from "../model/load.js";
import type { HeartbeatLoad } from "./heartbeat-load.js";

const FRESH_INTERVALS = 3;

/** What is fresh now; undefined = not told. */
export interface BackendReport {
  readonly utilization: number | undefined;
  readonly utilizationAgeMs: number | undefined;
  readonly utilizationSource: UtilizationSource | undefined;
  readonly reportedRps: number | undefined;
  readonly reportedInFlight: number | undefined;
}

export const NO_BACKEND_REPORT: BackendReport = {
  utilization: undefined,
  utilizationAgeMs: undefined,
  utilizationSource: undefined,
  reportedRps: undefined,
  reportedInFlight: undefined,
};

interface Told<T> {
  readonly value: T;
  readonly atMs: number;
  readonly validMs: number;
}

export class BackendReports {
  readonly #orca = new Map<InstanceId, Told<number>>();
  readonly #beats = new Map<InstanceId, Told<HeartbeatLoad>>();

  /** @param utilization 0..10 @param intervalMs of the load reports */
  recordOrca(id: InstanceId, utilization: number, nowMs: number, intervalMs: number): void {
    this.#orca.set(id, { value: utilization, atMs: nowMs, validMs: FRESH_INTERVALS * intervalMs });
  }

  /** @param beatMs when the instance was told to beat next */
  recordBeat(id: InstanceId, load: HeartbeatLoad, nowMs: number, beatMs: number): void {
    this.#beats.set(id, { value: load, atMs: nowMs, validMs: FRESH_INTERVALS * beatMs });
  }

  /** Forgets what is no longer fresh. */
  prune(nowMs: number): void {
    for (const [id, told] of this.#orca) if (!isFresh(told, nowMs)) this.#orca.delete(id);
    for (const [id, told] of this.#beats) if (!isFresh(told, nowMs)) this.#beats.delete(id);
  }

  /** Instances with a fresh heartbeat load, and milliseconds since it came. */
  *beatAges(nowMs: number): Generator<readonly [InstanceId, number]> {
    for (const [id, told] of this.#beats) if (isFresh(told, nowMs)) yield [id, nowMs - told.atMs];
  }

  hasUtilization(id: InstanceId, nowMs: number): boolean {
    const beat = this.#beats.get(id);
    return isFresh(this.#orca.get(id), nowMs) || (isFresh(beat, nowMs) && beat?.value.utilization !== undefined);
  }

  of(id: InstanceId, nowMs: number): BackendReport {
    const orca = this.#orca.get(id);
    const beat = this.#beats.get(id);
    const fresh = beat !== undefined && isFresh(beat, nowMs) ? beat : undefined;
    const reported = { reportedRps: fresh?.value.rps, reportedInFlight: fresh?.value.inFlight };
    if (orca !== undefined && isFresh(orca, nowMs)) {
      const utilizationAgeMs = nowMs - orca.atMs;
      return { utilization: orca.value, utilizationAgeMs, utilizationSource: "orca", ...reported };
    }
    if (fresh === undefined) return NO_BACKEND_REPORT;
    const { utilization } = fresh.value;
    if (utilization === undefined) return { ...NO_BACKEND_REPORT, ...reported };
    return { utilization, utilizationAgeMs: nowMs - fresh.atMs, utilizationSource: "heartbeat", ...reported };
  }
}

function isFresh(told: Told<unknown> | undefined, nowMs: number): boolean {
  return told !== undefined && nowMs - told.atMs <= told.validMs;
}
