import { expect, test } from "@jest/globals";
import { isIsolated } from "../../../src/probes/isolation.js";

test("most instances of most services silent at once: the prober is the suspect", () => {
  expect(
    isIsolated([
      { probed: 4, unanswered: 4 },
      { probed: 3, unanswered: 2 },
    ]),
  ).toBe(true);
});

test.each([
  ["nobody was probed lately", []],
  ["one service alone fell silent: that is its own failure", [{ probed: 20, unanswered: 20 }]],
  [
    "one of two services fell silent",
    [
      { probed: 20, unanswered: 20 },
      { probed: 2, unanswered: 0 },
    ],
  ],
  [
    "too few instances to tell",
    [
      { probed: 2, unanswered: 2 },
      { probed: 2, unanswered: 2 },
    ],
  ],
  [
    "a large service answers",
    [
      { probed: 2, unanswered: 2 },
      { probed: 2, unanswered: 2 },
      { probed: 30, unanswered: 0 },
    ],
  ],
])("not isolated: %s", (_why, services) => {
  expect(isIsolated(services)).toBe(false);
});
