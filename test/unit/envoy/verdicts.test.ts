// The demo's criteria against made-up traffic: what adapts passes, what does not fails, what is too short is not judged.
import { describe, expect, test } from "@jest/globals";
import { BASELINE, FAILING, LEAVING, MEMBERS, NEWCOMER, SHOP, SLOW } from "../../../envoy/demo/cast.js";
import type { JudgeInput, Memory, Span } from "../../../envoy/demo/scene.js";

import * as verdicts from "../../../envoy/demo/verdicts.js";
import { RequestLog, type RequestRecord } from "../../../envoy/lab/request-log.js";

const slots = new Map([...MEMBERS, NEWCOMER].map((member) => [member.name, member.slots]));

interface Traffic {
  /** Traffic of a backend relative to the others at a time since the start; default: its slots. */
  readonly weight?: (name: string, ms: number) => number;
  readonly outcome?: (name: string, ms: number) => Partial<RequestRecord>;
  readonly newcomer?: boolean;
}

/** 500 requests per second, dealt out in proportion to the weights without any randomness. */
function play(log: RequestLog, target: string, { fromMs, toMs }: Span, traffic: Traffic): void {
  const { weight = (name) => slots.get(name) ?? 0, outcome = () => ({}), newcomer = false } = traffic;
  const names = [...MEMBERS.map((member) => member.name), ...(newcomer ? [NEWCOMER.name] : [])];
  const credit = new Map(names.map((name) => [name, 0]));
  for (let dueMs = fromMs; dueMs < toMs; dueMs += 2) {
    const ms = dueMs - fromMs;
    const total = names.reduce((sum, name) => sum + weight(name, ms), 0);
    for (const name of names) credit.set(name, (credit.get(name) ?? 0) + weight(name, ms) / total);
    const backend = names.reduce((best, name) => ((credit.get(name) ?? 0) > (credit.get(best) ?? 0) ? name : best));
    credit.set(backend, (credit.get(backend) ?? 0) - 1);
    log.add([{ target, dueMs, latencyMs: 20, status: 200, backend, ...outcome(backend, ms) }]);
  }
}

function judged(ours: Traffic, memory: Partial<Memory> = {}, seconds = 12): JudgeInput {
  const log = new RequestLog();
  const span = { fromMs: 100_000, toMs: 100_000 + seconds * 1000 };
  play(log, SHOP, span, ours);
  play(log, BASELINE, span, { outcome: () => ({ latencyMs: 40 }) });
  const blank: Memory = { healed: new Map(), faulty: new Map(), restart: undefined, targets: [] };
  return { log, span, endMs: span.toMs, slots, memory: { ...blank, ...memory } };
}

const fault = (name: string): Pick<Memory, "faulty"> => ({
  faulty: new Map([[name, { sinceMs: 100_000, share: 0.095 }]]),
});
const targets = (after: number): Memory["targets"] => [
  { atMs: 99_000, shares: new Map([[SLOW.name, 0.09]]) },
  { atMs: 105_000, shares: new Map([[SLOW.name, after]]) },
];
const less = (victim: string, fromMs: number) => (name: string, ms: number) =>
  name === victim && ms >= fromMs ? 0.02 : (slots.get(name) ?? 0);

describe("learn", () => {
  test("shares by capacity pass, and the time is told", () => {
    const input = judged({ weight: (name, ms) => (ms < 3_000 ? 1 : (slots.get(name) ?? 0)) });
    const verdict = verdicts.learned(input);
    expect(verdict.met).toBe(true);
    expect(verdict.facts["settleSeconds"]).toBeGreaterThan(1.5);
    expect(verdict.facts["settleSeconds"]).toBeLessThanOrEqual(3);
  });

  test("shares like Envoy's own fail, unless the scene was too short", () => {
    const weight = (name: string): number => Math.sqrt(slots.get(name) ?? 0);
    expect(verdicts.learned(judged({ weight })).met).toBe(false);
    expect(verdicts.learned(judged({ weight }, {}, 4)).met).toBeUndefined();
  });
});

test("steady: a p99 as Envoy's own fails, half of it passes", () => {
  expect(verdicts.steady(judged({})).met).toBe(true);
  expect(verdicts.steady(judged({ outcome: () => ({ latencyMs: 40 }) })).met).toBe(false);
});

describe("slow", () => {
  test("passes when traffic and target go down", () => {
    const verdict = verdicts.slow(
      judged({ weight: less(SLOW.name, 2_000) }, { ...fault(SLOW.name), targets: targets(0.002) }),
    );
    expect(verdict.met).toBe(true);
    expect(verdict.facts["shedSeconds"]).toBeGreaterThanOrEqual(1.5); // a window may begin a little before
    expect(verdict.facts["shedSeconds"]).toBeLessThanOrEqual(2);
  });

  test("fails when it takes too long", () => {
    const input = judged({ weight: less(SLOW.name, 7_000) }, { ...fault(SLOW.name), targets: targets(0.002) });
    expect(verdicts.slow(input).met).toBe(false);
  });

  test("fails when only Envoy shed the traffic, and the target stayed", () => {
    const input = judged({ weight: less(SLOW.name, 1_000) }, { ...fault(SLOW.name), targets: targets(0.08) });
    expect(verdicts.slow(input).met).toBe(false);
  });
});

describe("fail", () => {
  const failing = (untilMs: number): Traffic => ({
    weight: less(FAILING, untilMs),
    outcome: (name) => (name === FAILING ? { status: 503, latencyMs: 1 } : {}),
  });

  test("passes when it is shed early, with few errors afterwards", () => {
    expect(verdicts.failing(judged(failing(1_500), fault(FAILING))).met).toBe(true);
  });

  test("fails when it keeps its traffic", () => {
    expect(verdicts.failing(judged(failing(60_000), fault(FAILING))).met).toBe(false);
  });
});

describe("recover", () => {
  const healed = { healed: new Map([[SLOW.name, { atMs: 100_000, share: 0.095 }]]) };

  test("passes when the share is back in time", () => {
    const weight = (name: string, ms: number): number =>
      name === SLOW.name && ms < 6_000 ? 0.02 : (slots.get(name) ?? 0);
    expect(verdicts.recovered(judged({ weight }, healed, 16)).met).toBe(true);
  });

  test("is not judged before the time is over, and fails after it", () => {
    const weight = less(SLOW.name, 0);
    expect(verdicts.recovered(judged({ weight }, healed, 16)).met).toBeUndefined();
    expect(verdicts.recovered(judged({ weight }, healed, 25)).met).toBe(false);
    expect(verdicts.recovered(judged({}, {}, 16)).met).toBeUndefined();
  });
});

test("join: half of a peer's traffic passes, none fails, errors fail", () => {
  const ramped = (name: string): number => (name === NEWCOMER.name ? 1.3 : (slots.get(name) ?? 0));
  const nothing = (name: string): number => (name === NEWCOMER.name ? 0 : (slots.get(name) ?? 0));
  expect(verdicts.joined(judged({ newcomer: true, weight: ramped })).met).toBe(true);
  expect(verdicts.joined(judged({ newcomer: true, weight: nothing })).met).toBe(false);
  const error = judged({ newcomer: true, weight: ramped, outcome: (_, ms) => (ms === 500 ? { status: 503 } : {}) });
  expect(verdicts.joined(error).met).toBe(false);
});

test("drain: the last request must come early", () => {
  const until = (stopMs: number) => (name: string, ms: number) =>
    name === LEAVING && ms >= stopMs ? 0 : (slots.get(name) ?? 0);
  expect(verdicts.drained(judged({ weight: until(300) })).met).toBe(true);
  expect(verdicts.drained(judged({ weight: until(4_000) })).met).toBe(false);
});

test("restart: one error or one moved weight fails", () => {
  const restart = { awaySeconds: 2.2, weightsUnchanged: true };
  expect(verdicts.restarted(judged({}, { restart })).met).toBe(true);
  expect(verdicts.restarted(judged({}, { restart: { ...restart, weightsUnchanged: false } })).met).toBe(false);
  const lost = judged({ outcome: (_, ms) => (ms === 500 ? { status: 0, backend: "" } : {}) }, { restart });
  expect(verdicts.restarted(lost).met).toBe(false);
  expect(verdicts.restarted(judged({})).met).toBe(false);
});
