import { status } from "@grpc/grpc-js";
import { describe, expect, test } from "@jest/globals";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import { seededRng } from "../../../src/runtime/rng.js";
import { type Kept, StreamUpkeep } from "../../../src/xds/stream-upkeep.js";
import { MetricRecorder } from "../../harness/metric-recorder.js";

class FakeStream implements Kept {
  unconfirmed = 0;
  confirmations = 0;
  readonly endings: string[] = [];

  cut({ code }: { readonly code: status }): void {
    this.endings.push(`cut ${status[code]}`);
  }

  retire({ code }: { readonly code: status }): void {
    this.endings.push(`retired ${status[code]}`);
  }
}

function rig(limits: { readonly maxStallMs?: number; readonly maxStreamAgeMs?: number }) {
  const clock = new ManualClock();
  const metrics = new MetricRecorder();
  const upkeep = new StreamUpkeep({
    limits: { maxStallMs: 60_000, maxStreamAgeMs: Number.POSITIVE_INFINITY, ...limits },
    clock,
    rng: seededRng(1),
    metrics,
  });
  const add = (): FakeStream => {
    const stream = new FakeStream();
    upkeep.add(stream);
    return stream;
  };
  return { clock, metrics, upkeep, add };
}

describe("StreamUpkeep", () => {
  test("cuts a stream that has confirmed nothing for a minute although something was written", () => {
    const { clock, metrics, add } = rig({});
    const [idle, slow, stuck] = [add(), add(), add()];
    stuck.unconfirmed = 3;
    slow.unconfirmed = 1;
    for (let second = 0; second < 59; second++) {
      clock.advance(1_000);
      if (second % 20 === 0) slow.confirmations++;
    }
    expect(stuck.endings).toEqual([]);
    clock.advance(31_000);
    slow.confirmations++;
    expect(stuck.endings[0]).toBe("cut DEADLINE_EXCEEDED");
    expect([idle.endings, slow.endings]).toEqual([[], []]);
    expect(metrics.get("steelyard_xds_streams_cut_total stalled")).toBeGreaterThan(0);
  });

  test("retires streams at their age, spread over a fifth to either side", () => {
    const { clock, metrics, upkeep, add } = rig({ maxStreamAgeMs: 100_000, maxStallMs: 4_000 });
    const streams = Array.from({ length: 50 }, add);
    const gone = (): number => streams.filter(({ endings }) => endings.length > 0).length;
    clock.advance(79_000);
    expect(gone()).toBe(0);
    clock.advance(21_000);
    expect(gone()).toBeGreaterThan(10);
    expect(gone()).toBeLessThan(40);
    clock.advance(21_000);
    expect(streams.every(({ endings }) => endings[0] === "retired UNAVAILABLE")).toBe(true);
    expect(metrics.get("steelyard_xds_streams_cut_total age")).toBeGreaterThanOrEqual(50);
    for (const stream of streams) upkeep.remove(stream);
    expect(clock.pendingTasks).toBe(0);
  });

  test("without an age or a patience there is nothing to do", () => {
    const { clock, add } = rig({ maxStallMs: Number.POSITIVE_INFINITY });
    const stream = add();
    stream.unconfirmed = 1;
    clock.advance(1e9);
    expect(stream.endings).toEqual([]);
    expect(clock.pendingTasks).toBe(0);
  });
});
