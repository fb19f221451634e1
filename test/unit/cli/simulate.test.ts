import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import type { CliContext } from "../../../src/cli/context.js";
import { runCli } from "../../../src/cli/program.js";

async function cli(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const unavailable = (): never => {
    throw new Error("not available");
  };
  const context: CliContext = {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    env: {},
    version: "0",
    fetch: unavailable,
    readFile: () => "",
    wallMs: () => 0,
    sleep: unavailable,
    random: unavailable,
    newGeneration: unavailable,
    writeFile: unavailable,
    accepts: unavailable,
    onStop: unavailable,
    spawn: unavailable,
  };
  const code = await runCli(args, context);
  return { code, out, err };
}
const QUICK = ["--seconds", "6", "--warmup-seconds", "2"];

describe("steelyard simulate", () => {
  test("lists the scenarios", async () => {
    const { code, out } = await cli("simulate");
    expect(code).toBe(0);
    expect(out).toMatch(/^S2b +capacities 1x, 2x and 4x, as speed/m);
    expect(JSON.parse((await cli("simulate", "-o", "json")).out).scenarios[0]).toMatchObject({ name: "S1" });
  });

  test("JSON has what scripts rely on; what is unknown is null", async () => {
    const args = ["simulate", "S4", "--compare", "least-request,oracle", "--seeds", "2", "--first-seed", "3"];
    const { code, out } = await cli(...args, "--proxies", "2", "--load", "0.5", "-o", "json", ...QUICK);
    expect(code).toBe(0);
    const answer = JSON.parse(out);
    expect(answer).toMatchObject({ scenario: "S4", seeds: [3, 4], parameters: { proxies: 2, load: 0.5, seconds: 6 } });
    expect(answer.results.map(({ policy }: { policy: string }) => policy)).toEqual(["least-request", "oracle"]);
    for (const result of answer.results) {
      for (const key of ["p50Ms", "p99Ms", "p999Ms", "errorRate", "goodputRps", "pushesPerMinute"])
        expect(typeof result[key]).toBe("number");
      expect(result).toHaveProperty("settleSeconds");
      expect(result).not.toHaveProperty("series");
    }
  });

  test("a table for people, a picture for documents, the course on request", async () => {
    const { out } = await cli("simulate", "S3", ...QUICK);
    expect(out).toMatch(/^POLICY +P50 +P99/m);
    expect(out).toMatch(/^adaptive +onset/m);
    expect((await cli("simulate", "S3", "-o", "svg", ...QUICK)).out).toMatch(/^<svg /);
    const series = JSON.parse((await cli("simulate", "S1", "--series", "-o", "json", ...QUICK)).out).results[0].series;
    expect(series.length).toBe(13);
  });

  test("settings come as JSON or from a file", async () => {
    const file = join(await mkdtemp(join(tmpdir(), "simulate-")), "settings.json");
    await writeFile(file, JSON.stringify({ guards: { minPushIntervalMs: 5_000 } }));
    expect((await cli("simulate", "S1", "--settings", file, ...QUICK)).code).toBe(0);
    const given = ["--policy-settings", '{"adaptive": {"tauMs": 2000}}'];
    expect((await cli("simulate", "S1", ...given, ...QUICK)).code).toBe(0);
  });

  test("what is wrong is said in one line", async () => {
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [["S99"], /no scenario "S99"/],
      [["S1", "--policy", "magic"], /no policy "magic"/],
      [["S1", "--settings", "{"], /not JSON/],
      [["S1", "--settings", "/nowhere/at.json"], /cannot read/],
      [["S1", "--settings", '{"nope": 1}'], /control settings are not valid/],
      [["S1", "--policy-settings", '{"adaptive": 1}'], /object of settings/],
    ];
    for (const [args, message] of cases) {
      const { code, err } = await cli("simulate", ...args);
      expect(code).toBe(2);
      expect(err).toMatch(message);
    }
    expect((await cli("simulate", "S1", "--load", "none")).code).toBe(2);
  });
});
