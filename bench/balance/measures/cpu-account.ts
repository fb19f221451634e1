// Who used how much CPU while the load ran, in cores and per request.
import { machineBusyMs, processCpuMs } from "./cpu-time.js";

export interface CpuUse {
  readonly process: string;
  /** Mean number of cores. */
  readonly cores: number;
  readonly usPerRequest: number;
}

export interface CpuReport {
  readonly processes: readonly CpuUse[];
  /** All processes of the bench over all CPUs of the machine, 0..1. */
  readonly usedFraction: number;
  /** What others used beside them, 0..1. */
  readonly othersFraction: number;
}

/** Beyond this the machine is part of what is measured. */
export const MAX_USED_FRACTION = 0.5;
export const MAX_OTHERS_FRACTION = 0.1;

export class CpuAccount {
  readonly #pids: ReadonlyMap<string, readonly number[]>;
  readonly #before: ReadonlyMap<string, number>;
  readonly #machineBefore: number;

  /** Counting begins now. `pids` by a name for people. */
  constructor(pids: ReadonlyMap<string, readonly number[]>) {
    this.#pids = pids;
    this.#before = this.#read();
    this.#machineBefore = machineBusyMs() ?? Number.NaN;
  }

  report(elapsedMs: number, requests: number, cpus: number): CpuReport {
    const now = this.#read();
    const machineMs = (machineBusyMs() ?? Number.NaN) - this.#machineBefore;
    const used = [...now].map(([process, ms]) => ({ process, ms: ms - (this.#before.get(process) ?? 0) }));
    const usedMs = used.reduce((sum, { ms }) => sum + ms, 0);
    return {
      processes: used.map(({ process, ms }) => ({
        process,
        cores: ms / elapsedMs,
        usPerRequest: (ms * 1000) / requests,
      })),
      usedFraction: usedMs / (elapsedMs * cpus),
      othersFraction: Math.max(0, machineMs - usedMs) / (elapsedMs * cpus),
    };
  }

  #read(): ReadonlyMap<string, number> {
    const sum = (pids: readonly number[]): number =>
      pids.reduce((total, pid) => total + (processCpuMs(pid) ?? Number.NaN), 0);
    return new Map([...this.#pids].map(([name, pids]) => [name, sum(pids)]));
  }
}
