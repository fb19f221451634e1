// The verdict about one instance: a pure state machine with thresholds, as Envoy's health checker has them. The first
// success of a newcomer counts at once; every other change of verdict takes a streak.
import type { ProbeVerdict } from "../model/probe.js";
import type { ProbeOutcome } from "./outcome.js";

export interface ProbeThresholds {
  /** Failures in a row that make an instance failing, >= 1. */
  readonly unhealthyThreshold: number;
  /** Successes in a row that make a failing one pass again, >= 1. */
  readonly healthyThreshold: number;
}

export interface ProbeState {
  readonly verdict: ProbeVerdict;
  /** Outcomes in a row that speak against the verdict. */
  readonly against: number;
  /** Of a failing one: whether its last failure was an answer, and what it was. */
  readonly answered: boolean;
  readonly detail: string;
}

/** Registered while the service is probed: has to prove itself. */
export const UNTRIED: ProbeState = { verdict: "untried", against: 0, answered: true, detail: "not probed yet" };

/** Took traffic before anybody probed it, or before a restart: goes on until probes speak against it. */
export const PRESUMED: ProbeState = {
  verdict: "passing",
  against: 0,
  answered: true,
  detail: "not probed since probing began",
};

/** As it was before a restart. */
export function restoredFailing(answered: boolean, detail: string): ProbeState {
  return { verdict: "failing", against: 0, answered, detail };
}

/** @param frozen no verdict may turn to failing now; failures go on counting */
export function probeStep(
  state: ProbeState,
  outcome: ProbeOutcome,
  thresholds: ProbeThresholds,
  frozen: boolean,
): ProbeState {
  return outcome.healthy ? afterSuccess(state, thresholds) : afterFailure(state, outcome, thresholds, frozen);
}

function afterSuccess(state: ProbeState, { healthyThreshold }: ProbeThresholds): ProbeState {
  const against = state.verdict === "failing" ? state.against + 1 : 0;
  if (state.verdict === "failing" && against < healthyThreshold) return { ...state, against };
  return { verdict: "passing", against: 0, answered: true, detail: "passes" };
}

function afterFailure(
  state: ProbeState,
  { answered, detail }: Extract<ProbeOutcome, { healthy: false }>,
  { unhealthyThreshold }: ProbeThresholds,
  frozen: boolean,
): ProbeState {
  // What is shown of a failing instance stays what made it fail: a new wording is no news to the proxies.
  if (state.verdict === "failing") return { ...state, against: 0 };
  const against = Math.min(state.against + 1, unhealthyThreshold);
  if (frozen || against < unhealthyThreshold) return { ...state, against };
  return { verdict: "failing", against: 0, answered, detail: `${failures(unhealthyThreshold)}: ${detail}` };
}

function failures(count: number): string {
  return count === 1 ? "failed" : `${count} failures in a row`;
}
