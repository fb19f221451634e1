import { describe, expect, test } from "@jest/globals";
import { HEALTHY, type ProbeOutcome, refusal, unanswered } from "../../../src/probes/outcome.js";
import { PRESUMED, type ProbeState, probeStep, restoredFailing, UNTRIED } from "../../../src/probes/probe-state.js";

const THRESHOLDS = { unhealthyThreshold: 3, healthyThreshold: 2 };
const BAD = refusal("HTTP 503");

function after(start: ProbeState, outcomes: readonly ProbeOutcome[], frozen = false): ProbeState {
  return outcomes.reduce((state, outcome) => probeStep(state, outcome, THRESHOLDS, frozen), start);
}

describe("verdict of one instance", () => {
  test("a newcomer passes with its first success", () => {
    expect(after(UNTRIED, [HEALTHY]).verdict).toBe("passing");
    expect(after(UNTRIED, [BAD, BAD, HEALTHY]).verdict).toBe("passing");
  });

  test("a newcomer is failing only after as many failures as anybody", () => {
    expect(after(UNTRIED, [BAD, BAD]).verdict).toBe("untried");
    expect(after(UNTRIED, [BAD, BAD, BAD])).toMatchObject({
      verdict: "failing",
      answered: true,
      detail: "3 failures in a row: HTTP 503",
    });
  });

  test("only a streak without a success makes failing", () => {
    expect(after(PRESUMED, [BAD, BAD, HEALTHY, BAD, BAD]).verdict).toBe("passing");
    expect(after(PRESUMED, [BAD, BAD, unanswered("ECONNREFUSED")])).toMatchObject({
      verdict: "failing",
      answered: false,
      detail: "3 failures in a row: ECONNREFUSED",
    });
  });

  test("only a streak without a failure makes passing again", () => {
    const failing = after(PRESUMED, [BAD, BAD, BAD]);
    expect(after(failing, [HEALTHY, BAD, HEALTHY]).verdict).toBe("failing");
    expect(after(failing, [HEALTHY, HEALTHY]).verdict).toBe("passing");
    expect(after(restoredFailing(true, "x"), [HEALTHY]).verdict).toBe("failing");
  });

  test("while frozen nobody turns to failing, and the next failure after it does", () => {
    const frozen = after(PRESUMED, [BAD, BAD, BAD, BAD, BAD], true);
    expect(frozen.verdict).toBe("passing");
    expect(after(frozen, [BAD]).verdict).toBe("failing");
    expect(after(frozen, [HEALTHY, BAD]).verdict).toBe("passing");
    expect(after(restoredFailing(true, "x"), [HEALTHY, HEALTHY], true).verdict).toBe("passing");
  });

  test("a failing one keeps the words of what made it fail: more failures are no news", () => {
    const failing = after(PRESUMED, [BAD, BAD, BAD]);
    expect(after(failing, [unanswered("ECONNRESET")])).toEqual(failing);
  });
});
