import { expect, test } from "@jest/globals";
import { adaptiveConfigSchema } from "../../../../src/balancers/adaptive/config.js";
import { NO_SWING, type Swing, swingStep } from "../../../../src/balancers/adaptive/oscillation.js";

const config = adaptiveConfigSchema.parse({});

function follow(errorAt: (second: number) => number, seconds: number, from: Swing = NO_SWING): Swing {
  let swing = from;
  for (let second = 0; second < seconds; second++) swing = swingStep(swing, errorAt(second), 1_000, config);
  return swing;
}

test.each([8, 20, 48])("an error that swings with a period of %d s lowers the gain", (periodS) => {
  expect(follow((second) => 0.5 * Math.sin((2 * Math.PI * second) / periodS), 300).gainFactor).toBeLessThanOrEqual(0.5);
});

test("a step is no swing, and neither is an overshoot after it", () => {
  expect(follow((second) => 0.8 * Math.exp(-second / 10) * Math.cos(second / 8), 200).gainFactor).toBe(1);
});

test("small noise around zero is no swing", () => {
  expect(follow((second) => (second % 2 === 0 ? 0.08 : -0.08), 300).gainFactor).toBe(1);
});

test("an error that stays on one side gives a lowered gain back", () => {
  const low: Swing = { side: 1, flips: 0, heldMs: 0, gainFactor: config.minGainFactor };
  expect(follow(() => 0.4, 95, low).gainFactor).toBe(1);
  expect(follow(() => 0, 95, low).gainFactor).toBeLessThan(1);
});

test("the gain never leaves its range", () => {
  expect(follow((second) => (second % 2 === 0 ? 1 : -1), 1_000).gainFactor).toBe(config.minGainFactor);
});
