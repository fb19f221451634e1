// What the latency brake remembers of an endpoint, and how it lies in the columns of a table.
import { type DecayedMean, meanAt, setMean } from "../../stats/decay.js";
import { type Columns, MemberTable, type StoredTable } from "../../stats/member-table.js";

export interface EndpointHeat {
  /** Latency judged now, milliseconds. */
  readonly fast: DecayedMean;
  /** What is normal for this instance, milliseconds; 0 = not known yet. */
  readonly baselineMs: number;
  /** Part of the service's completions that is normal for it, 0..1; learned along with the baseline. */
  readonly baselinePart: number;
  /** Squared ln(slowness) from round to round while nothing is wrong: how much of it is usual here. */
  readonly scatter: DecayedMean;
  /** Milliseconds of traffic behind the baseline. */
  readonly learnedMs: number;
  readonly hotRounds: number;
  /** 1 = released. */
  readonly factor: number;
  /** Rounds since the brake was set; 0 = it is not. */
  readonly brakedRounds: number;
  /** Brakes that came too late for what they were set for, decayed. */
  readonly pauses: number;
  /** Braked although it did as much as ever: given back at once when its queue is gone. */
  readonly busy: boolean;
  /** Last slowness, in multiples of the baseline; for the explanation. */
  readonly slowness: number;
}

const UNKNOWN = {
  fastCount: 0,
  fastSum: 0,
  baselineMs: 0,
  baselinePart: 0,
  scatterCount: 0,
  scatterSum: 0,
  learnedMs: 0,
  hotRounds: 0,
  factor: 1,
  brakedRounds: 0,
  pauses: 0,
  /** 0 or 1. */
  busy: 0,
  slowness: 1,
};

type Field = keyof typeof UNKNOWN;
export type HeatColumns = Columns<Field>;
export type HeatTable = MemberTable<Field>;
export type HeatState = HeatTable | StoredTable;

/** What is known of these members, in their order. */
export function heatsOf(ids: readonly string[], state: HeatState | undefined): HeatTable {
  return MemberTable.of(UNKNOWN, ids, state);
}

/** A table to be filled. */
export function newHeats(ids: readonly string[]): HeatTable {
  return new MemberTable(UNKNOWN, ids);
}

export function heatAt(columns: HeatColumns, i: number): EndpointHeat {
  return {
    fast: meanAt(columns.fastCount, columns.fastSum, i),
    baselineMs: columns.baselineMs[i] ?? 0,
    baselinePart: columns.baselinePart[i] ?? 0,
    scatter: meanAt(columns.scatterCount, columns.scatterSum, i),
    learnedMs: columns.learnedMs[i] ?? 0,
    hotRounds: columns.hotRounds[i] ?? 0,
    factor: columns.factor[i] ?? 1,
    brakedRounds: columns.brakedRounds[i] ?? 0,
    pauses: columns.pauses[i] ?? 0,
    busy: columns.busy[i] === 1,
    slowness: columns.slowness[i] ?? 1,
  };
}

export function setHeat(columns: HeatColumns, i: number, heat: EndpointHeat): void {
  setMean(columns.fastCount, columns.fastSum, i, heat.fast);
  columns.baselineMs[i] = heat.baselineMs;
  columns.baselinePart[i] = heat.baselinePart;
  setMean(columns.scatterCount, columns.scatterSum, i, heat.scatter);
  columns.learnedMs[i] = heat.learnedMs;
  columns.hotRounds[i] = heat.hotRounds;
  columns.factor[i] = heat.factor;
  columns.brakedRounds[i] = heat.brakedRounds;
  columns.pauses[i] = heat.pauses;
  columns.busy[i] = heat.busy ? 1 : 0;
  columns.slowness[i] = heat.slowness;
}
