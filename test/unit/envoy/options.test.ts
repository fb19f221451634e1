import { describe, expect, test } from "@jest/globals";
import { parseOptions } from "../../../envoy/demo/options.js";
import { SCENE_NAMES } from "../../../envoy/demo/scene.js";
import { SCENES } from "../../../envoy/demo/scenes.js";

describe("parseOptions", () => {
  test("without options: all scenes at their own length", () => {
    expect(parseOptions([])).toEqual({
      scenes: SCENE_NAMES,
      seconds: undefined,
      jsonFile: undefined,
      keep: false,
      seed: 1,
    });
  });

  test("scenes play in the demo's order, whatever the order asked", () => {
    const options = parseOptions([
      "--scenes",
      "slow, learn",
      "--seconds",
      "30",
      "--json",
      "o.json",
      "--keep",
      "--seed",
      "9",
    ]);
    expect(options).toEqual({ scenes: ["learn", "slow"], seconds: 30, jsonFile: "o.json", keep: true, seed: 9 });
  });

  test.each([
    [["--scenes", "learn,explode"], "no explode"],
    [["--scenes", ""], "there are: learn, steady"],
    [["--seconds", "4"], "--seconds must be a whole number from 5 to 3600"],
    [["--seconds", "ten"], 'not "ten"'],
    [["--seed", "1.5"], "--seed must be"],
    [["--colour"], "--colour"],
  ])("%j is refused with words", (args, part) => {
    expect(() => parseOptions(args)).toThrow(part);
  });
});

test("every scene has a definition, in order, and all of them take about 90 s", () => {
  expect(SCENES.map((scene) => scene.name)).toEqual([...SCENE_NAMES]);
  const seconds = SCENES.reduce((sum, scene) => sum + scene.seconds, 0);
  expect(seconds).toBeGreaterThanOrEqual(85);
  expect(seconds).toBeLessThanOrEqual(95);
});
