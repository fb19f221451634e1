import { describe, expect, test } from "@jest/globals";
import { SlotTable } from "../../../src/stats/slot-table.js";

type Table = SlotTable<string, "seen" | "atMs">;

const tableOf = (): Table => new SlotTable({ seen: 0, atMs: Number.NEGATIVE_INFINITY });

function set(table: Table, id: string, seen: number): void {
  const slot = table.join(id);
  table.columns.seen[slot] = seen;
}

const rowOf = ({ columns }: Table, slot: number) => [columns.seen[slot], columns.atMs[slot]];
const rowsOf = (table: Table) => Array.from(table.entries(), ([id, slot]) => [id, ...rowOf(table, slot)]);

describe("members that come and go", () => {
  test("a newcomer has the defaults, in a slot that somebody left too", () => {
    const table = tableOf();
    set(table, "a", 1);
    set(table, "b", 2);
    table.leave("a");
    expect(table.slotOf("a")).toBeUndefined();
    table.join("c");
    expect(table.slotOf("c")).toBe(0);
    table.join("d");
    expect(rowsOf(table)).toEqual([
      ["b", 2, Number.NEGATIVE_INFINITY],
      ["c", 0, Number.NEGATIVE_INFINITY],
      ["d", 0, Number.NEGATIVE_INFINITY],
    ]);
  });

  test("who joins again keeps slot and row, and leaving twice frees one slot", () => {
    const table = tableOf();
    set(table, "a", 1);
    set(table, "b", 2);
    expect(table.join("a")).toBe(0);
    table.leave("b");
    table.leave("b");
    expect([table.join("c"), table.join("d")]).toEqual([1, 2]);
    expect(rowsOf(table).map(([id, seen]) => [id, seen])).toEqual([
      ["a", 1],
      ["c", 0],
      ["d", 0],
    ]);
  });

  test("everybody may leave while they are gone through", () => {
    const table = tableOf();
    for (const id of ["a", "b", "c"]) table.join(id);
    const met: string[] = [];
    for (const [id] of table.entries()) {
      met.push(id);
      table.leave(id);
    }
    expect(met).toEqual(["a", "b", "c"]);
    expect(rowsOf(table)).toEqual([]);
  });
});

describe("growth", () => {
  test("keeps all rows, and a slot for each", () => {
    const table = tableOf();
    for (let i = 0; i < 1_000; i++) set(table, `m${i}`, i);
    expect(rowsOf(table).map(([, seen]) => seen)).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
    expect(table.columns.seen.length).toBeLessThanOrEqual(1_250);
  });

  test("members that follow each other need no more memory than those there at once", () => {
    const table = tableOf();
    for (let i = 0; i < 1_000; i++) {
      table.join(`m${i}`);
      if (i >= 10) table.leave(`m${i - 10}`);
    }
    expect(table.columns.seen.length).toBe(16);
  });
});
