import { describe, expect, test } from "@jest/globals";
import { parseOptions } from "../../../../bench/balance/options.js";
import { SCENARIO_NAMES } from "../../../../bench/balance/scenarios.js";

describe("parseOptions", () => {
  test("without options: everything, three times, with one and with four Envoys", () => {
    expect(parseOptions([])).toMatchObject({
      scenarios: SCENARIO_NAMES,
      proxies: [1, 4],
      repetitions: 3,
      quick: false,
    });
  });

  test("quick means less, unless more is asked for", () => {
    expect(parseOptions(["--quick"])).toMatchObject({ scenarios: ["S2", "S3", "S4"], proxies: [1], repetitions: 1 });
    expect(parseOptions(["--quick", "--proxies", "2,4"])).toMatchObject({ proxies: [2, 4], repetitions: 1 });
  });

  test("least-request is always there", () => {
    expect(parseOptions(["--contenders", "p2c, adaptive"])).toMatchObject({
      contenders: ["least-request", "adaptive", "p2c"],
    });
  });

  test.each([
    [["--scenarios", "S2,S99"], "no S99; there are: S1, S2"],
    [["--proxies", "0"], "--proxies must be whole numbers from 1 to 8"],
    [["--repetitions", "many"], 'not "many"'],
    [["--contenders", "magic"], "no magic"],
    [["--contenders", "random,round-robin,oracle,adaptive,p2c"], "at most 4 beside least-request"],
    [["--colour"], "--colour"],
  ])("%j is refused with words", (args, part) => {
    expect(() => parseOptions(args)).toThrow(part);
  });
});
