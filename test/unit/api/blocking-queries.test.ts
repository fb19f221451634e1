// How long a blocking query waits.
import { expect, test } from "@jest/globals";
import { BlockingQueries } from "../../../src/api/blocking-queries.js";
import { DEFAULT_API_LIMITS } from "../../../src/api/ports.js";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import { makeRegistry, settled } from "../registry/registry-fixture.js";

test("its time is what was asked for and at most a sixteenth more, and nothing is left behind", async () => {
  for (const [draw, expectedMs] of [
    [0, 16_000],
    [1, 17_000],
  ] as const) {
    const { registry } = await makeRegistry();
    const clock = new ManualClock();
    const blocking = new BlockingQueries({ registry, clock, rng: { next: () => draw }, limits: DEFAULT_API_LIMITS });
    const caller = new AbortController();
    const answered: string[] = [];
    const query = { index: registry.revision(), wait: 16 };
    void blocking.changed(query, undefined, caller.signal).then(() => answered.push("now"));
    clock.advance(expectedMs - 1);
    await settled();
    expect(answered).toEqual([]);
    clock.advance(1);
    await settled();
    expect(answered).toEqual(["now"]);
    expect(clock.pendingTasks).toBe(0);
  }
});

test("a caller that has gone already does not wait", async () => {
  const { registry } = await makeRegistry();
  const clock = new ManualClock();
  const blocking = new BlockingQueries({ registry, clock, rng: { next: () => 0 }, limits: DEFAULT_API_LIMITS });
  await blocking.changed({ index: registry.revision(), wait: 300 }, undefined, AbortSignal.abort());
  expect(clock.pendingTasks).toBe(0);
});
