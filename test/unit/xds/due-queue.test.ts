import { describe, expect, test } from "@jest/globals";
import { array, assert, constant, nat, oneof, property, record } from "fast-check";
import { type DueEntry, DueQueue } from "../../../src/xds/due-queue.js";

interface Named extends DueEntry {
  readonly name: number;
}

const entries = (count: number): Named[] =>
  Array.from({ length: count }, (_, name) => ({ name, due: "no", queued: false }));

const step = oneof(
  record({ op: constant("add" as const), name: nat(7) }),
  record({ op: constant("again" as const), name: nat(7) }),
  record({ op: constant("remove" as const), name: nat(7) }),
  record({ op: constant("clear" as const), name: constant(0) }),
);

describe("DueQueue", () => {
  test("holds what a set would hold, whatever is added and removed", () => {
    assert(
      property(array(step, { maxLength: 60 }), (steps) => {
        const all = entries(8);
        const queue = new DueQueue<Named>();
        const model = new Map<number, string>();
        for (const { op, name } of steps) {
          const entry = all[name];
          if (!entry) continue;
          if (op === "add" || op === "again") {
            const due = op === "add" ? "unless same" : "again";
            queue.add(entry, due);
            model.set(name, due);
          } else if (op === "remove") {
            queue.remove(entry);
            model.delete(name);
          } else {
            expect(new Set(queue.clear().map((each) => each.name))).toEqual(new Set(model.keys()));
            model.clear();
          }
          expect(queue.size).toBe(model.size);
          expect(new Map([...queue].map((each) => [each.name, each.due]))).toEqual(model);
          expect(queue.only?.name).toBe(model.size === 1 ? [...model.keys()][0] : undefined);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("the oldest comes first, also among thousands that come and go", () => {
    const queue = new DueQueue<Named>();
    const all = entries(5_000);
    const stuck: Named = { name: -1, due: "no", queued: false };
    queue.add(stuck, "again");
    for (const entry of all) queue.add(entry, "unless same");
    expect([...queue].slice(0, 3).map(({ name }) => name)).toEqual([-1, 0, 1]);
    queue.remove(stuck);
    for (const entry of all.slice(0, 4_990)) queue.remove(entry);
    expect([...queue].map(({ name }) => name)).toEqual(all.slice(4_990).map(({ name }) => name));
    for (let round = 0; round < 3; round++)
      for (const entry of all.slice(0, 4_990)) {
        queue.add(entry, "unless same");
        queue.remove(entry);
      }
    expect(queue.size).toBe(10);
  });
});
