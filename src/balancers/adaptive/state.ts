// What `adaptive` remembers: a row of numbers per endpoint, and two numbers of the service as a whole.
import { type Columns, MemberTable, type StoredTable } from "../../stats/member-table.js";
import type { EndpointPool } from "../endpoint-pool.js";
import type { Swing } from "./oscillation.js";
import type { Flow } from "./overload.js";

/** An endpoint of which nothing is known. */
const NEW_ENDPOINT = {
  /** Log of the share relative to the prior. */
  trim: 0,
  /** The four of `Swing`. */
  side: 0,
  flips: 0,
  heldMs: 0,
  gainFactor: 1,
  /** Latency of successful answers, decayed over `tauMs`. */
  latencyCount: 0,
  latencySumMs: 0,
  /** Squared deviations of the log latency from one round to the next, decayed. */
  noiseCount: 0,
  noiseSum: 0,
  /** The two of `Flow`. */
  sent: 0,
  completed: 0,
  /** Requests per second at full utilisation; 0 = not known. */
  capacityRps: 0,
};

type Field = keyof typeof NEW_ENDPOINT;
export type EndpointColumns = Columns<Field>;

export interface AdaptiveState {
  /** Milliseconds of traffic learned from so far, for the fading start gain. */
  readonly learnedMs: number;
  /** The least latency that an endpoint had, rising slowly, milliseconds; 0 = not known. */
  readonly floorMs: number;
  readonly endpoints: MemberTable<Field> | StoredTable;
}

/** The state in the order of a pool. */
export interface Known extends AdaptiveState {
  readonly endpoints: MemberTable<Field>;
}

/** What is known of the members of the pool; newcomers start neutral, and those that left are forgotten. */
export function knownOf(pool: EndpointPool, state: AdaptiveState | undefined): Known {
  return {
    learnedMs: state?.learnedMs ?? 0,
    floorMs: state?.floorMs ?? 0,
    endpoints: MemberTable.of(NEW_ENDPOINT, pool.ids, state?.endpoints),
  };
}

/** A table to be filled. */
export function newTable(pool: EndpointPool): MemberTable<Field> {
  return new MemberTable(NEW_ENDPOINT, pool.ids);
}

export function swingAt({ side, flips, heldMs, gainFactor }: EndpointColumns, i: number): Swing {
  return { side: side[i] ?? 0, flips: flips[i] ?? 0, heldMs: heldMs[i] ?? 0, gainFactor: gainFactor[i] ?? 1 };
}

export function setSwing(columns: EndpointColumns, i: number, { side, flips, heldMs, gainFactor }: Swing): void {
  columns.side[i] = side;
  columns.flips[i] = flips;
  columns.heldMs[i] = heldMs;
  columns.gainFactor[i] = gainFactor;
}

export function flowAt({ sent, completed }: EndpointColumns, i: number): Flow {
  return { sent: sent[i] ?? 0, completed: completed[i] ?? 0 };
}

export function setFlow(columns: EndpointColumns, i: number, { sent, completed }: Flow): void {
  columns.sent[i] = sent;
  columns.completed[i] = completed;
}
