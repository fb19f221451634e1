// What the backends of one service last said of themselves, with its age. Two ways lead here: ORCA values in load reports,
// one per round and so the younger ones, and heartbeats. Each is believed for three of its own intervals.
import type { InstanceId } from "../model/ids.js";
import type { UtilizationSource } from "../model/load.js";
import type { EndpointMemory } from "./endpoint-memory.js";
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

interface ToldInBeat {
  readonly load: HeartbeatLoad;
  readonly atMs: number;
  readonly validMs: number;
}

export class BackendReports {
  /** Where ORCA values are kept: only who answers requests sends them. */
  readonly #memory: EndpointMemory;
  readonly #beats = new Map<InstanceId, ToldInBeat>();

  constructor(memory: EndpointMemory) {
    this.#memory = memory;
  }

  /** @param utilization 0..10 @param intervalMs of the load reports */
  recordOrca(id: InstanceId, utilization: number, nowMs: number, intervalMs: number): void {
    const slot = this.#memory.join(id);
    const { columns } = this.#memory;
    columns.utilization[slot] = utilization;
    columns.utilizationAtMs[slot] = nowMs;
    columns.utilizationValidMs[slot] = FRESH_INTERVALS * intervalMs;
  }

  /** @param beatMs when the instance was told to beat next */
  recordBeat(id: InstanceId, load: HeartbeatLoad, nowMs: number, beatMs: number): void {
    this.#beats.set(id, { load, atMs: nowMs, validMs: FRESH_INTERVALS * beatMs });
  }

  /** Forgets heartbeats that are no longer fresh. */
  prune(nowMs: number): void {
    for (const [id, told] of this.#beats) if (!isFresh(told, nowMs)) this.#beats.delete(id);
  }

  /** Instances with a fresh heartbeat load, and milliseconds since it came. */
  *beatAges(nowMs: number): Generator<readonly [InstanceId, number]> {
    for (const [id, told] of this.#beats) if (isFresh(told, nowMs)) yield [id, nowMs - told.atMs];
  }

  hasUtilization(id: InstanceId, nowMs: number): boolean {
    return this.#freshOrca(id, nowMs) !== undefined || this.#freshBeat(id, nowMs)?.load.utilization !== undefined;
  }

  of(id: InstanceId, nowMs: number): BackendReport {
    const slot = this.#freshOrca(id, nowMs);
    const beat = this.#freshBeat(id, nowMs);
    const reported = { reportedRps: beat?.load.rps, reportedInFlight: beat?.load.inFlight };
    if (slot !== undefined) {
      const { utilization, utilizationAtMs } = this.#memory.columns;
      const utilizationAgeMs = nowMs - (utilizationAtMs[slot] ?? 0);
      return { utilization: utilization[slot], utilizationAgeMs, utilizationSource: "orca", ...reported };
    }
    if (beat === undefined) return NO_BACKEND_REPORT;
    const { utilization } = beat.load;
    if (utilization === undefined) return { ...NO_BACKEND_REPORT, ...reported };
    return { utilization, utilizationAgeMs: nowMs - beat.atMs, utilizationSource: "heartbeat", ...reported };
  }

  /** The slot of an endpoint whose ORCA value is fresh. */
  #freshOrca(id: InstanceId, nowMs: number): number | undefined {
    const slot = this.#memory.slotOf(id);
    if (slot === undefined) return undefined;
    const { utilizationAtMs, utilizationValidMs } = this.#memory.columns;
    return nowMs - (utilizationAtMs[slot] ?? 0) <= (utilizationValidMs[slot] ?? 0) ? slot : undefined;
  }

  #freshBeat(id: InstanceId, nowMs: number): ToldInBeat | undefined {
    const told = this.#beats.get(id);
    return told !== undefined && isFresh(told, nowMs) ? told : undefined;
  }
}

function isFresh({ atMs, validMs }: ToldInBeat, nowMs: number): boolean {
  return nowMs - atMs <= validMs;
}
