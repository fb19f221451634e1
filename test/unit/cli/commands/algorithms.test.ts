import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { type Ran, Terminal } from "../../../integration/cli/terminal.js";

const algorithms = (...args: readonly string[]): Promise<Ran> => new Terminal().run("algorithms", ...args);

interface Answer {
  readonly algorithms: readonly {
    readonly algorithm: string;
    readonly distribution: Readonly<Record<string, number>>;
  }[];
}

describe("steelyard algorithms", () => {
  test("100 requests, three backends: exact shares where chance plays no part", async () => {
    const { code, out } = await algorithms("-o", "json");
    const answer = JSON.parse(out) as Answer;
    expect(code).toBe(0);
    expect(answer.algorithms.find(({ algorithm }) => algorithm === "weighted-round-robin")?.distribution).toEqual({
      "backend-1": 17,
      "backend-2": 33,
      "backend-3": 50,
    });
    for (const { distribution } of answer.algorithms)
      expect(Object.values(distribution).reduce((sum, count) => sum + count)).toBe(100);
  });

  test("the seed decides, and YAML says the same as JSON", async () => {
    const json = (seed: string) => algorithms("-o", "json", "--requests", "50", "--seed", seed);
    const [first, again, other] = [await json("7"), await json("7"), await json("8")];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(parse((await algorithms("-o", "yaml", "--requests", "50", "--seed", "7")).out)).toEqual(
      JSON.parse(first.out),
    );
  });

  test("table and bars", async () => {
    const lines = (await algorithms("--backends", "2", "--requests", "10", "--failures", "0")).out.split("\n");
    expect(lines[0]).toBe("ALGORITHM             BACKEND-1  BACKEND-2  UNSERVED  FAILED  ATTEMPTS");
    expect(lines[1]).toBe("round-robin                   5          5         0       0        10");
    const bars = (await algorithms("--bars", "--backends", "2", "--requests", "10")).out.split("\n");
    expect(bars.slice(0, 4)).toEqual([
      "round-robin",
      `  backend-1  5  50.0 %  ${"█".repeat(20)}`,
      `  backend-2  5  50.0 %  ${"█".repeat(20)}`,
      "",
    ]);
  });

  test.each([
    ["--requests", "0"],
    ["--requests", "1000001"],
    ["--seed", "-1"],
    ["--backends", "three"],
    ["--failures", "1.5"],
    ["--failures", "1e-1"],
    ["--output", "xml"],
  ])("%s %s is not understood", async (flag, value) => {
    const { code, out, err } = await algorithms(flag, value);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(flag);
  });
});
