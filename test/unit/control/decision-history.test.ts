import { expect, test } from "@jest/globals";
import { DecisionHistory } from "../../../src/control/decision-history.js";
import type { InstanceId } from "../../../src/model/ids.js";

const idsOf = (count: number) => Array.from({ length: count }, (_, i) => `i${i}` as InstanceId);

/** Notes a push after which the weights are these; NaN = not registered. */
function historyOf(pushes: readonly (readonly number[])[]): DecisionHistory {
  const history = new DecisionHistory();
  pushes.forEach((after, revision) => {
    const all = idsOf(after.length);
    const ids = all.filter((_, i) => !Number.isNaN(after[i]));
    history.note({
      atWallMs: 1_000 * revision,
      revision,
      members: ids,
      ids,
      weightsBefore: Float64Array.from(ids, (id) => pushes[revision - 1]?.[all.indexOf(id)] ?? 0),
      weights: Float64Array.from(ids, (id) => after[all.indexOf(id)] ?? 0),
      shares: Float64Array.from(ids, (id) => (after[all.indexOf(id)] ?? 0) / 100),
      reasonsOf: (i) => (ids[i] === "i1" ? [`reason ${revision}`] : []),
    });
  });
  return history;
}

const weightsOf = (history: DecisionHistory, id: string) =>
  history.of(id as InstanceId).map(({ revision, weight }) => [revision, weight]);

test("an instance's own changes, youngest first, with share and reasons as they were", () => {
  const history = historyOf([
    [10, 10],
    [10, 20],
    [30, 20],
    [30, 40],
  ]);
  expect(weightsOf(history, "i0")).toEqual([
    [2, 30],
    [0, 10],
  ]);
  expect(history.of("i1" as InstanceId)[0]).toEqual({
    atWallMs: 3_000,
    revision: 3,
    weight: 40,
    share: 0.4,
    reasons: ["reason 3"],
  });
  expect(history.of("nobody" as InstanceId)).toEqual([]);
});

test("who was away starts anew", () => {
  const history = historyOf([
    [10, 10],
    [10, Number.NaN],
    [10, 50],
  ]);
  expect(weightsOf(history, "i1")).toEqual([[2, 50]]);
});

test("is bounded: 20 changes of an instance, and few pushes of a large service", () => {
  const small = historyOf(Array.from({ length: 30 }, (_, i) => [i + 1]));
  expect(weightsOf(small, "i0")).toHaveLength(20);
  const large = historyOf(Array.from({ length: 5 }, (_, i) => Array.from({ length: 15_000 }, () => i + 1)));
  expect(weightsOf(large, "i0")).toEqual([
    [4, 5],
    [3, 4],
  ]);
});
