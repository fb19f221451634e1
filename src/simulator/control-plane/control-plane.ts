// What decides about weights in a simulation: Steelyard's own loop, or something to compare it with.
import type { ServiceReport } from "../../signals/service-rounds.js";
import type { Assignment } from "../envoy/proxies.js";

export interface ControlPlane {
  /** The catalogue, or for those who can see it the true state of the hosts, has changed. */
  worldChanged(): void;
  /** A load report has come in. */
  record(report: ServiceReport): void;
  /** The process dies; a new one goes on from what the old one had stored. */
  stop(): void;
  restart(): void;
}

/** Sends an assignment to all proxies. @param shares target share by host, for the record */
export type Push = (assignment: Assignment, shares: readonly number[]) => void;
