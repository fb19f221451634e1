// A simulation spelled out: what a scenario becomes once its parameters are known. Plain data.
import type { HostChange } from "./plant/host-change.js";
import type { ProxySkew } from "./traffic/proxy-skew.js";
import type { ServiceLaw } from "./traffic/service-law.js";

export interface HostSpec {
  /** Requests served at a time, >= 1. */
  readonly slots: number;
  /** Service times are divided by this; 1 = normal. */
  readonly speed: number;
  /** Index of its zone. */
  readonly zone: number;
  /** Whether it is registered from the start. */
  readonly present: boolean;
}

export interface TelemetrySpec {
  /** Interval of the load reports, milliseconds. Each proxy has a phase of its own. */
  readonly intervalMs: number;
  /** From the end of the interval until the control plane has the report, milliseconds. */
  readonly delayMs: number;
  /** Part of the reports that never arrive; their counters are gone with them, 0..1. */
  readonly lossProbability: number;
  /** Part of the reports that arrive twice, 0..1. */
  readonly duplicateProbability: number;
  /** `envoy`: with latencies as the synthetic named metrics carry them. `counters`: without, so that Little's law is left. */
  readonly latency: "envoy" | "counters";
  /** One proxy whose reports are wrong. */
  readonly liar: Liar | undefined;
}

export interface Liar {
  readonly proxy: number;
  /** Hosts it lies about. */
  readonly hosts: readonly number[];
  /** Reported latencies are the true ones times this. */
  readonly latencyFactor: number;
  /** Part of the successes that it reports as errors, 0..1. */
  readonly errorFraction: number;
}

/** A change of the world at one moment, milliseconds from the start. */
export type TimelineEvent =
  | { readonly atMs: number; readonly kind: "hosts"; readonly hosts: readonly number[]; readonly change: HostChange }
  | { readonly atMs: number; readonly kind: "load"; readonly factor: number }
  /** `down`: reports are lost and nothing is pushed. `up`: a new process goes on from the last checkpoint. */
  | { readonly atMs: number; readonly kind: "control-plane"; readonly state: "down" | "up" };

/** A moment from which the time to settle is measured. */
export interface Mark {
  readonly name: string;
  readonly atMs: number;
  /** Hosts whose traffic should go (`onset`) or come back (`end`); empty when all are meant. */
  readonly hosts: readonly number[];
  readonly kind: "onset" | "end" | "change";
}

/** A span of time with statistics of its own, by the time at which requests arrive. */
export interface Window {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface SimulationPlan {
  readonly hosts: readonly HostSpec[];
  readonly meanServiceMs: number;
  readonly law: ServiceLaw;
  readonly rateRps: number;
  /** Bursts on top of the rate; undefined = plain Poisson. */
  readonly bursts: Bursts | undefined;
  readonly proxies: number;
  /** Worker threads per proxy. */
  readonly workers: number;
  readonly skew: ProxySkew;
  /** Zone of each proxy. */
  readonly proxyZones: readonly number[];
  /** Round trip between zones, milliseconds, added to a request. */
  readonly crossZoneMs: number;
  /** Hosts that each proxy uses, chosen at random; undefined = all. */
  readonly subsetSize: number | undefined;
  /** Whole request, milliseconds; then it fails with 504. */
  readonly requestTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** How many times a request that failed with 5xx or on connecting is tried again, on another host. */
  readonly retries: number;
  /** From a decision until a proxy acts on it, milliseconds, by proxy. */
  readonly pushDelaysMs: readonly number[];
  readonly telemetry: TelemetrySpec;
  readonly timeline: readonly TimelineEvent[];
  readonly marks: readonly Mark[];
  /** The first one is what the result is about. */
  readonly windows: readonly [Window, ...Window[]];
  readonly totalMs: number;
}

/** A two-state Markov-modulated Poisson process; the mean rate stays the plan's. */
export interface Bursts {
  /** Rate in a burst over the rate outside. */
  readonly factor: number;
  readonly meanBurstMs: number;
  readonly meanPauseMs: number;
}
