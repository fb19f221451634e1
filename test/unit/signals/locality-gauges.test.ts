import { describe, expect, it } from "@jest/globals";
import type { LoadReport, LoadSample } from "../../../src/model/load.js";
import { NOWHERE } from "../../../src/model/zone.js";
import { LocalityGauges } from "../../../src/signals/locality-gauges.js";
import { sample } from "./fixtures.js";

const report = (samples: Readonly<Record<string, LoadSample>>, cluster = "checkout"): LoadReport => ({
  node: "client-1",
  cluster,
  intervalMs: 1_000,
  workers: 1,
  origin: NOWHERE,
  endpoints: new Map(Object.entries(samples)),
});
const inFlight = ({ endpoints }: LoadReport) => Object.fromEntries([...endpoints].map(([k, v]) => [k, v.inFlight]));

describe("gauges of clients that leave out what did not change", () => {
  it("stay until the next word of the endpoint", () => {
    const gauges = new LocalityGauges();
    const other = sample({ successes: 5 });
    gauges.complete(report({ hung: sample({ issued: 3, inFlight: 3 }), other }));
    for (let round = 0; round < 2; round++) {
      const next = gauges.complete(report({ other }));
      expect(inFlight(next)).toEqual({ hung: 3, other: 0 });
      expect(next.endpoints.get("hung")).toMatchObject({ successes: 0, errors: 0, issued: 0 });
    }
    gauges.complete(report({ hung: sample({ errors: 3 }), other }));
    expect(inFlight(gauges.complete(report({ other })))).toEqual({ other: 0 });
  });

  it("are the cluster's own", () => {
    const gauges = new LocalityGauges();
    gauges.complete(report({ hung: sample({ inFlight: 3 }) }));
    expect(inFlight(gauges.complete(report({}, "other")))).toEqual({});
    expect(inFlight(gauges.complete(report({})))).toEqual({ hung: 3 });
  });

  it("are bounded, in all clusters together", () => {
    const gauges = new LocalityGauges();
    for (const cluster of ["a", "b", "c"]) {
      const many = Object.fromEntries(Array.from({ length: 1_500 }, (_, i) => [`e${i}`, sample({ inFlight: 1 })]));
      gauges.complete(report(many, cluster));
    }
    const held = ["a", "b", "c"].map((cluster) => gauges.complete(report({}, cluster)).endpoints.size);
    expect(held).toEqual([1_500, 500, 0]);
  });
});
