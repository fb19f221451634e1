// What is remembered of each endpoint of a service from round to round, in columns. Whoever was mentioned by a report has a
// row, until it is stale.
import type { InstanceId } from "../model/ids.js";
import { meanAt, setMean } from "../stats/decay.js";
import { SlotTable } from "../stats/slot-table.js";
import type { LittleState } from "./littles-law.js";

const NEWCOMER = {
  /** When a report mentioned it last. */
  mentionedAtMs: Number.NEGATIVE_INFINITY,
  /** LittleState: completions, in-flight time in ms, requests seen in flight. */
  littleCount: 0,
  littleSumMs: 0,
  littleSeen: 0,
  /** What the backend last told with its answers (ORCA), when, and for how long it is believed. */
  utilization: 0,
  utilizationAtMs: Number.NEGATIVE_INFINITY,
  utilizationValidMs: 0,
};

export type EndpointMemory = SlotTable<InstanceId, keyof typeof NEWCOMER>;

export function endpointMemory(): EndpointMemory {
  return new SlotTable(NEWCOMER);
}

export function littleAt({ columns }: EndpointMemory, slot: number): LittleState {
  return { time: meanAt(columns.littleCount, columns.littleSumMs, slot), seen: columns.littleSeen[slot] ?? 0 };
}

export function setLittle({ columns }: EndpointMemory, slot: number, { time, seen }: LittleState): void {
  setMean(columns.littleCount, columns.littleSumMs, slot, time);
  columns.littleSeen[slot] = seen;
}
