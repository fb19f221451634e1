// What happens in one run, as data: hosts, arrivals, faults with their times, and the windows that are measured. Times
// are seconds since the start of the load. Everything happens to the same host of every contender at the same instant.
import type { BackendFault } from "./backends/lean-backend.js";

export type Action =
  | { readonly kind: "inject"; readonly host: number; readonly fault: Partial<BackendFault> }
  | { readonly kind: "heal"; readonly host: number }
  /** The oracle learns that the host has this part of its capacity; 0 = keep it out. */
  | { readonly kind: "tell-oracle"; readonly host: number; readonly capacity: number }
  /** No new requests, announced as the backends of a user do it. */
  | { readonly kind: "drain"; readonly host: number }
  /** Out of the membership, and closed. */
  | { readonly kind: "leave"; readonly host: number }
  /** Open, and into the membership. */
  | { readonly kind: "join"; readonly host: number };

export interface Step {
  readonly atS: number;
  readonly action: Action;
}

export interface Window {
  readonly name: string;
  readonly fromS: number;
  readonly toS: number;
  /** The host that is faulty from `fromS` to `toS`; its way back is watched until `backByS`. */
  readonly fault?: { readonly host: number; readonly backByS: number };
}

/** What happens to the load reports on their way to the control server. */
export type ReportFault =
  /** Each message is lost with this probability, 0..1. */
  | { readonly kind: "lost"; readonly fraction: number }
  /** The first Envoy says that one host is slower by this factor than it is. */
  | { readonly kind: "false"; readonly host: number; readonly factor: number };

export interface Scenario {
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly slots: readonly number[];
  /** Hosts that are not there at the start. */
  readonly absent: readonly number[];
  /** Arrivals of each contender, requests per second. */
  readonly rateRps: number;
  /** Short phases at `factor` times the rate; contenders take turns, so that their peaks do not meet in the machine. */
  readonly bursts?: { readonly factor: number; readonly lengthS: number; readonly everyS: number };
  readonly lengthS: number;
  readonly steps: readonly Step[];
  readonly windows: readonly Window[];
  readonly reportFault?: ReportFault;
  /** Numbers of Envoys it is for. */
  readonly proxies: readonly number[];
  /** Whether round robin and random are measured too. */
  readonly blind: boolean;
}
