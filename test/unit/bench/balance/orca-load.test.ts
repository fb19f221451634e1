import { describe, expect, test } from "@jest/globals";
import { OrcaLoad } from "../../../../bench/balance/backends/orca-load.js";

function valuesOf(load: OrcaLoad): Readonly<Record<string, number>> {
  const [, list = ""] = load.text().split("TEXT ");
  return Object.fromEntries(list.split(",").map((pair) => [pair.split("=")[0], Number(pair.split("=")[1])]));
}

describe("OrcaLoad", () => {
  test("settles at the utilisation and the rates that it sees", () => {
    const load = new OrcaLoad({ slots: 4, tauMs: 1_000, nowMs: 0 });
    for (let ms = 10; ms <= 20_000; ms += 10) {
      load.advance(ms, 3); // three of four slots taken, 100 requests/s, every fourth fails
      load.completed(ms % 40 !== 0);
    }
    const { application_utilization, rps_fractional, eps } = valuesOf(load);
    expect(application_utilization).toBeCloseTo(0.75, 3);
    expect(rps_fractional).toBeCloseTo(100, -1);
    expect(eps).toBeCloseTo(25, -1);
  });

  test("forgets with its time constant", () => {
    const load = new OrcaLoad({ slots: 1, tauMs: 1_000, nowMs: 0, refreshMs: 0 });
    load.advance(100_000, 1);
    expect(valuesOf(load)["application_utilization"]).toBeCloseTo(1, 3);
    load.advance(101_000, 0);
    expect(valuesOf(load)["application_utilization"]).toBeCloseTo(Math.exp(-1), 3);
  });
});
