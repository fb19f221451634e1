// Which kind of signal a service lives on, with hysteresis: one odd round must not switch the policy's objective.
import type { SignalMode } from "../model/load.js";

/** Part of the pool whose utilisation must be known for a policy to rely on it; the rest gets what is typical. */
const UTILIZED_PART = 0.8;
/** Rounds in a row that must disagree before U, L and Q change places. */
const CHANGE_ROUNDS = 3;
/** Traffic time without any usable latency until N. */
const QUIET_MS = 10_000;

export interface ModeState {
  readonly mode: SignalMode;
  /** Rounds in a row with evidence for another mode than `mode`. */
  readonly against: number;
  /** Milliseconds without evidence for any mode. */
  readonly quietMs: number;
}

export const MODE_START: ModeState = { mode: "N", against: 0, quietMs: 0 };

/** Sums over all endpoints of a service in one round. */
export interface ModeRound {
  readonly intervalMs: number;
  readonly successes: number;
  readonly errors: number;
  /** Requests with a latency measured by Envoy, of any status. */
  readonly measured: number;
  /** Whether Little's law gave at least one latency. */
  readonly little: boolean;
  /** Endpoints that may take traffic, and how many of them have a fresh utilisation. */
  readonly pool: number;
  readonly utilized: number;
}

export function modeStep(state: ModeState, round: ModeRound): ModeState {
  const evidence = evidenceOf(round);
  if (evidence === "unclear") return state;
  if (evidence === "none") {
    const quietMs = state.quietMs + round.intervalMs;
    return quietMs >= QUIET_MS ? { mode: "N", against: 0, quietMs } : { ...state, quietMs };
  }
  const against = evidence === state.mode ? 0 : state.against + 1;
  return against === 0 || state.mode === "N" || against >= CHANGE_ROUNDS
    ? { mode: evidence, against: 0, quietMs: 0 }
    : { mode: state.mode, against, quietMs: 0 };
}

/** U is the best where it exists: it has no loop delay to overcome. `unclear`: everything failed, and failures before headers are measured by nobody. */
function evidenceOf({
  successes,
  errors,
  measured,
  little,
  pool,
  utilized,
}: ModeRound): "U" | "L" | "Q" | "none" | "unclear" {
  if (pool > 0 && utilized >= UTILIZED_PART * pool) return "U";
  if (successes > 0 && measured * 2 >= successes) return "L";
  if (little) return "Q";
  return errors > 0 && successes === 0 ? "unclear" : "none";
}
