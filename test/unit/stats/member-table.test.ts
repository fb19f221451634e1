import { describe, expect, test } from "@jest/globals";
import { MemberTable } from "../../../src/stats/member-table.js";

const DEFAULTS = { share: 0, gain: 1 };

function tableOf(rows: Readonly<Record<string, readonly number[]>>): MemberTable<"share" | "gain"> {
  const table = new MemberTable(DEFAULTS, Object.keys(rows));
  Object.values(rows).forEach(([share = 0, gain = 0], i) => {
    table.columns.share[i] = share;
    table.columns.gain[i] = gain;
  });
  return table;
}

const rowsOf = ({ ids, columns }: MemberTable<"share" | "gain">) =>
  Object.fromEntries(ids.map((id, i) => [id, [columns.share[i], columns.gain[i]]]));

describe("in the order of other members", () => {
  test("who stays keeps the row, newcomers have the defaults, who left is gone", () => {
    const table = tableOf({ a: [0.2, 2], b: [0.3, 3], c: [0.5, 5] });
    expect(rowsOf(table.alignedTo(["c", "d", "a"]))).toEqual({ c: [0.5, 5], d: [0, 1], a: [0.2, 2] });
    expect(rowsOf(table)).toEqual({ a: [0.2, 2], b: [0.3, 3], c: [0.5, 5] });
  });

  test("its own order is the table itself, and another one is worked out once", () => {
    const table = tableOf({ a: [0.2, 2] });
    const others = ["b", "a"];
    expect(table.alignedTo(table.ids)).toBe(table);
    expect(table.alignedTo(others)).toBe(table.alignedTo(others));
  });
});

describe("through JSON", () => {
  const stored = (value: unknown) => JSON.parse(JSON.stringify(value));

  test("everything comes back, to the last digit and in any order", () => {
    const table = tableOf({ a: [0.1 + 0.2, 1 / 3], constructor: [2, 3], b: [1e-300, 7] });
    const restored = MemberTable.of(DEFAULTS, ["constructor", "toString", "a"], stored(table));
    expect(rowsOf(restored)).toEqual({ constructor: [2, 3], toString: [0, 1], a: [0.1 + 0.2, 1 / 3] });
  });

  test("a field that was not stored is at its default, one that is no longer known is ignored", () => {
    const older = { fields: ["share", "colour"], rows: { a: [0.4, 9] } };
    expect(rowsOf(MemberTable.of(DEFAULTS, ["a"], older))).toEqual({ a: [0.4, 1] });
  });

  test.each([
    undefined,
    null,
    {},
    { a: { trim: 0.3 } },
    { fields: ["share"], rows: { a: "0.3" } },
    { fields: ["share"], rows: { a: [null] } },
    { fields: "share", rows: { a: [1] } },
    { fields: ["share"], rows: 7 },
    { fields: ["share"], rows: null },
    [],
    "table",
  ])("%j is no table: everybody is new", (value) => {
    const known = stored({ value }).value;
    expect(rowsOf(MemberTable.of(DEFAULTS, ["a"], known))).toEqual({ a: [0, 1] });
  });
});
