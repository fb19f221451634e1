// What one run found, as it stands in the JSON output (a public interface: fields are only ever added).
import type { CpuReport } from "./cpu-account.js";
import type { LoadSummary } from "./request-series.js";

export interface WindowResult extends LoadSummary {
  readonly name: string;
  readonly fromS: number;
  readonly toS: number;
  /** Part of the traffic, by host. */
  readonly shares: readonly number[];
  /** Weight pushes in the window; only for services of the control server. */
  readonly pushes?: number;
  /** Only with a fault. */
  readonly fault?: FaultResult;
}

export interface FaultResult {
  readonly host: number;
  /** From 5 s after the onset. */
  readonly lateP99Ms: number;
  readonly lateErrorRate: number;
  /** Share of the faulty host over a fair share, from 5 s after the onset. */
  readonly lateShareOfFair: number;
  /** Seconds until it had less than 20 % of a fair share; null = never. */
  readonly shedSeconds: number | null;
  /** Seconds from the end of the fault until it had 80 % of a fair share; null = not while it was watched. */
  readonly backSeconds: number | null;
}

export interface ContenderResult {
  readonly name: string;
  readonly windows: readonly WindowResult[];
  /** Seconds from the start until mean latency is within 20 % of the oracle's; null = never. Only beside an oracle. */
  readonly settleSeconds?: number | null;
}

export interface RunResult {
  readonly scenario: string;
  readonly proxies: number;
  /** 1, 2, ... */
  readonly repetition: number;
  /** Of each contender. */
  readonly rateRps: number;
  /** Of each host. */
  readonly slots: readonly number[];
  readonly contenders: readonly ContenderResult[];
  readonly cpu: CpuReport;
  /** How much later than due the requests were sent. */
  readonly generatorLag: { readonly meanMs: number; readonly maxMs: number };
  readonly warnings: readonly string[];
}
