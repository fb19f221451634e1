import { expect, test } from "@jest/globals";
import { deadTimeMs, plantGain, safeGainPerS, ultimateGainPerS } from "../../../../src/balancers/adaptive/loop-gain.js";

/**
 * Amplitude at the end over amplitude at the start of x' = -g·y(t - theta), tau·y' = x - y, started off the set-point;
 * the loop that the gain is computed for, integrated in steps of 5 ms.
 */
function amplification(gainPerS: number, tauS: number, thetaS: number): number {
  const dt = 0.005;
  const delay = Math.round(thetaS / dt);
  const past = Array.from({ length: delay }, () => 0);
  let x = 1;
  let y = 0;
  let early = 0;
  let late = 0;
  const seconds = 60 * (tauS + thetaS);
  for (let step = 0; step * dt < seconds; step++) {
    past.push(y);
    const delayed = past.shift() ?? 0;
    y += (dt * (x - y)) / tauS;
    x -= dt * gainPerS * delayed;
    const t = step * dt;
    if (t > seconds * 0.3 && t < seconds * 0.5) early = Math.max(early, Math.abs(x));
    if (t > seconds * 0.8) late = Math.max(late, Math.abs(x));
  }
  return late / early;
}

test.each([
  { tauS: 5, thetaS: 1.5 },
  { tauS: 5, thetaS: 7.5 },
  { tauS: 1, thetaS: 3 },
])(
  "the ultimate gain is where the loop neither grows nor fades (tau $tauS s, dead time $thetaS s)",
  ({ tauS, thetaS }) => {
    const ultimate = ultimateGainPerS(tauS * 1000, thetaS * 1000);
    expect(amplification(ultimate * 1.05, tauS, thetaS)).toBeGreaterThan(1.1);
    expect(amplification(ultimate * 0.95, tauS, thetaS)).toBeLessThan(0.9);
  },
);

test("at the safe gain even the largest plant gain is well damped", () => {
  const timing = { tauMs: 5_000, intervalMs: 1_000, latencyMs: 50, floorMs: 10, activePerHost: 2 };
  const gain = safeGainPerS(timing, 0.5);
  expect(amplification(plantGain(timing) * gain, 5, deadTimeMs(timing) / 1000)).toBeLessThan(0.05);
});

test("rarer reports and slower answers make it slower", () => {
  const timing = { tauMs: 5_000, intervalMs: 1_000, latencyMs: 50, floorMs: 10, activePerHost: 2 };
  const gain = safeGainPerS(timing, 0.5);
  expect(safeGainPerS({ ...timing, intervalMs: 5_000 }, 0.5)).toBeLessThan(gain / 2);
  expect(safeGainPerS({ ...timing, latencyMs: 5_000 }, 0.5)).toBeLessThan(gain / 2);
  expect(gain).toBeGreaterThan(0.12); // the default gain stands with reports every second
});
