import { describe, expect, test } from "@jest/globals";
import { Refusals, type Version } from "../../../src/xds/refusals.js";

const error = { message: "no", atMs: 1 };
const members = (...names: readonly string[]): Map<string, Version> => new Map(names.map((name) => [name, "1"]));
const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `n${index}`);

/** Sends suspects as a stream would, to a client that refuses what `isBad`; returns how many responses that took. */
function trials(refusals: Refusals, isBad: (name: string) => boolean): number {
  let sent = 0;
  for (let group = [...refusals.nextTrial()]; group.length > 0; group = [...refusals.nextTrial()]) {
    sent++;
    for (const name of group) refusals.release(name);
    if (group.some(isBad)) refusals.refuse(members(...group), error, true);
  }
  return sent;
}

describe("bisection", () => {
  test.each([1, 2, 3, 10, 1_000])("one offender among %i stands alone in the end", (count) => {
    for (const offender of new Set([0, Math.floor(count / 2), count - 1])) {
      const refusals = new Refusals();
      refusals.refuse(members(...names(count)), error, false);
      const sent = trials(refusals, (name) => name === `n${offender}`);
      expect([...refusals.names()]).toEqual([`n${offender}`]);
      expect(sent).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(count)));
      expect(refusals.check(`n${offender}`, "1")).toBe("same");
      expect(refusals.check(`n${offender}`, "2")).toBe("other");
      expect(refusals.check("stranger", "1")).toBe("free");
    }
  });

  test("several offenders are all found", () => {
    const refusals = new Refusals();
    refusals.refuse(members(...names(300)), error, false);
    const offenders = ["n0", "n7", "n150", "n151", "n299"];
    trials(refusals, (name) => offenders.includes(name));
    expect([...refusals.names()].sort()).toEqual([...offenders].sort());
  });

  test("whoever refuses everything is asked a bounded number of times, and the rest stays condemned together", () => {
    const refusals = new Refusals();
    refusals.refuse(members(...names(5_000)), error, false);
    expect(trials(refusals, () => true)).toBeLessThanOrEqual(2 * 128 + 1);
    expect(refusals.size).toBe(5_000);
    // One of them changes: those condemned with it may go again.
    const [first = ""] = refusals.names();
    const freed = refusals.release(first);
    expect(refusals.size).toBe(5_000 - 1 - freed.length);
  });

  test("a suspect that changes leaves its fellows suspects; a removal alone waits for the others", () => {
    const refusals = new Refusals();
    refusals.refuse(
      new Map<string, Version>([
        ["gone", null],
        ["a", "1"],
        ["b", "1"],
        ["c", "1"],
      ]),
      error,
      false,
    );
    expect([...refusals.nextTrial()]).toEqual(["gone", "a"]);
    expect(refusals.release("a")).toEqual([]);
    expect([...refusals.nextTrial()]).toEqual(["b", "c"]);
    expect(refusals.check("b", "1")).toBe("suspect");
    refusals.absolve();
    expect(refusals.size).toBe(0);
    expect(refusals.error).toBeUndefined();
  });
});
