import { describe, expect, test } from "@jest/globals";
import type { InstanceId } from "../../../src/model/ids.js";
import { gaugesOf } from "../../../src/signals/gauges.js";
import { sample } from "./fixtures.js";

describe("gauges of a report", () => {
  test("one per endpoint, in its order", () => {
    const samples = new Map([
      ["b" as InstanceId, sample({ inFlight: 3 })],
      ["a" as InstanceId, sample({ inFlight: 5_000_000_000 })],
    ]);
    const { ids, inFlight } = gaugesOf(samples);
    expect(ids).toEqual(["b", "a"]);
    expect([...inFlight]).toEqual([3, 5_000_000_000]);
  });

  test("an idle proxy has none", () => expect(gaugesOf(new Map()).ids).toEqual([]));
});
