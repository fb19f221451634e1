// What the error factor remembers of an endpoint, and how it lies in the columns of a table.
import { type DecayedMean, meanAt, setMean } from "../../stats/decay.js";
import { type Columns, MemberTable, type StoredTable } from "../../stats/member-table.js";

export interface EndpointErrors {
  readonly phase: Phase;
  /** Recent error rate: count = completions, sum = errors. */
  readonly recent: DecayedMean;
  /** in, returning: evidence of a fault. out: evidence of recovery. */
  readonly evidence: number;
  /** in, returning: errors since the evidence was last 0. out: successes likewise. */
  readonly events: number;
  /** out: completions and errors since it went out, the entry round counted as two. */
  readonly probes: DecayedMean;
  /** Share relative to what it would be without this modifier, 0..1. */
  readonly factor: number;
}

/** Their numbers are their places. */
const PHASES = ["in", "out", "returning"] as const;
type Phase = (typeof PHASES)[number];

const CLEAN = {
  phase: 0,
  recentCount: 0,
  recentSum: 0,
  evidence: 0,
  events: 0,
  probesCount: 0,
  probesSum: 0,
  factor: 1,
};

type Field = keyof typeof CLEAN;
export type ErrorColumns = Columns<Field>;
export type ErrorTable = MemberTable<Field>;
export type ErrorState = ErrorTable | StoredTable;

/** What is known of these members, in their order. */
export function errorsOf(ids: readonly string[], state: ErrorState | undefined): ErrorTable {
  return MemberTable.of(CLEAN, ids, state);
}

/** A table to be filled. */
export function newErrors(ids: readonly string[]): ErrorTable {
  return new MemberTable(CLEAN, ids);
}

/** Whether nothing is held against the endpoint. */
export function isLeftAlone({ phase }: ErrorColumns, i: number): boolean {
  return phase[i] === 0;
}

export function errorsAt(columns: ErrorColumns, i: number): EndpointErrors {
  return {
    phase: PHASES[columns.phase[i] ?? 0] ?? "in",
    recent: meanAt(columns.recentCount, columns.recentSum, i),
    evidence: columns.evidence[i] ?? 0,
    events: columns.events[i] ?? 0,
    probes: meanAt(columns.probesCount, columns.probesSum, i),
    factor: columns.factor[i] ?? 1,
  };
}

export function setErrors(columns: ErrorColumns, i: number, endpoint: EndpointErrors): void {
  columns.phase[i] = PHASES.indexOf(endpoint.phase);
  setMean(columns.recentCount, columns.recentSum, i, endpoint.recent);
  columns.evidence[i] = endpoint.evidence;
  columns.events[i] = endpoint.events;
  setMean(columns.probesCount, columns.probesSum, i, endpoint.probes);
  columns.factor[i] = endpoint.factor;
}
