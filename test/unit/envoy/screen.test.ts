import { describe, expect, test } from "@jest/globals";
import { bar, fit, painter, sparkline } from "../../../envoy/demo/ansi.js";
import type { LiveRow, LiveView } from "../../../envoy/demo/live-view.js";
import { draw, type Frame } from "../../../envoy/demo/screen.js";

const plain = painter(false);
const coloured = painter(true);
const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");

function row(name: string, changes: Partial<LiveRow> = {}): LiveRow {
  return {
    name,
    slots: 2,
    condition: "",
    weight: 4_000,
    target: 0.1,
    traffic: 0.12,
    twinTraffic: 0.13,
    load: { requests: 100, p50Ms: 21, p99Ms: 130, errors: 0, errorRate: 0 },
    reason: "latency 24 ms against a mean of 31 ms",
    ...changes,
  };
}

function frame(rows: readonly LiveRow[]): Frame {
  const load = { requests: 1_000, p50Ms: 20, p99Ms: 100, errors: 0, errorRate: 0 };
  const view: LiveView = { rows, ours: load, envoys: load, oursTrend: [Number.NaN, 50], envoysTrend: [100, 200] };
  return {
    view,
    title: "slow: one answers 10 times slower",
    elapsedSeconds: 30,
    totalSeconds: 90,
    scenes: [
      { name: "learn", state: "done" },
      { name: "slow", state: "running" },
      { name: "fail", state: "ahead" },
    ],
    facts: [{ text: "control server up, plan 7 (normal)" }, { text: "Envoy 1.40.0" }, { text: "x".repeat(60) }],
  };
}

describe("draw", () => {
  test.each([60, 80, 100, 118, 160])("no line is wider than %i columns, whatever is in it", (width) => {
    const long = row("a-very-long-instance-name", {
      reason: "r".repeat(300),
      condition: "something long",
      weight: 4e9,
    });
    for (const paint of [plain, coloured]) {
      for (const line of draw(frame([row("small-1"), long]), width, paint)) {
        expect(line.replaceAll(ESCAPES, "").trimEnd().length).toBeLessThanOrEqual(width);
      }
    }
  });

  test("shows instance, slots, condition, weight, share, traffic, latencies, errors and the reason", () => {
    const lines = draw(frame([row("medium-2", { condition: "10x slower" })]), 150, plain);
    const text = lines.find((line) => line.includes("medium-2 ")) ?? "";
    for (const part of ["2 10x slower", "4000", "10.0%", "12.0%", "13.0%", "21", "130", "0.0%", "latency 24 ms"]) {
      expect(text).toContain(part);
    }
  });

  test("a narrow screen keeps the share, the traffic and the reason, and drops what matters less", () => {
    const head = draw(frame([row("small-1")]), 80, plain).find((line) => line.includes("instance")) ?? "";
    for (const kept of ["instance", "share", "traffic", "p99", "errors", "why"]) expect(head).toContain(kept);
    for (const dropped of ["slots", "weight"]) expect(head).not.toContain(dropped);
  });

  test("what is unknown stays empty", () => {
    const unknown = row("new-1", {
      weight: undefined,
      target: undefined,
      reason: "",
      load: { requests: 0, p50Ms: Number.NaN, p99Ms: Number.NaN, errors: 0, errorRate: 0 },
    });
    const text = draw(frame([unknown]), 118, plain).join("\n");
    expect(text).not.toMatch(/NaN|undefined/);
  });

  test("a row with errors is red, one that something was done to is yellow", () => {
    const failing = row("small-2", { load: { requests: 10, p50Ms: 1, p99Ms: 2, errors: 5, errorRate: 0.5 } });
    const text = draw(frame([failing, row("medium-2", { condition: "10x slower" })]), 118, coloured);
    expect(text.find((line) => line.includes("small-2"))).toContain("\u001B[31m");
    expect(text.find((line) => line.includes("medium-2 "))).toContain("\u001B[33m");
    expect(draw(frame([failing]), 118, plain).join("")).not.toContain("\u001B");
  });
});

describe("text pieces", () => {
  test("fit pads and cuts to the width", () => {
    expect([fit("ab", 4), fit("ab", 4, "right"), fit("abcdef", 4), fit("ab", 0)]).toEqual(["ab  ", "  ab", "abc…", ""]);
  });

  test("a bar is proportional, and stays within its width", () => {
    expect([bar(0, 4), bar(0.5, 4), bar(1, 4), bar(7, 4), bar(-1, 4)]).toEqual([
      "    ",
      "██  ",
      "████",
      "████",
      "    ",
    ]);
    for (let i = 0; i <= 100; i += 1) expect(bar(i / 100, 12)).toHaveLength(12);
  });

  test("a sparkline has one character per value and a gap for the unknown", () => {
    expect(sparkline([0, 50, 100, Number.NaN, 400], 100)).toBe("▁▅█ █");
  });
});
