import { describe, expect, it } from "@jest/globals";
import { Node } from "../../../src/gen/envoy/config/core/v3/base.js";
import { NOWHERE } from "../../../src/model/zone.js";
import { reporterOf } from "../../../src/signals/reporter.js";

const withWorkers = (workers: unknown) =>
  reporterOf(Node.create({ id: "edge-1", metadata: { steelyard: { workers } } }));

describe("who reports", () => {
  it("takes the workers that the bootstrap declares", () => {
    expect(withWorkers(8)).toEqual({ node: "edge-1", workers: 8, origin: NOWHERE });
  });

  it.each([0, -1, 1.5, 1_025, Number.NaN, "8", null, {}])("counts one worker for %p", (workers) => {
    expect(withWorkers(workers)?.workers).toBe(1);
  });

  it.each([undefined, {}, { steelyard: null }, { steelyard: 3 }])("counts one worker for metadata %p", (metadata) => {
    expect(reporterOf(Node.create({ id: "edge-1", metadata }))?.workers).toBe(1);
  });

  it("takes where it stands, as far as that is plain text of some length", () => {
    const originOf = (region: string, zone: string) =>
      reporterOf(Node.create({ id: "edge-1", locality: { region, zone, subZone: "rack" } }))?.origin;
    expect(originOf("eu", "eu-1a")).toEqual({ region: "eu", zone: "eu-1a" });
    expect(originOf("x".repeat(129), "a\nb")).toEqual(NOWHERE);
  });

  it.each(["", "x".repeat(257), "edge\n1", "é"])("refuses the node id %p", (id) => {
    expect(reporterOf(Node.create({ id }))).toBeUndefined();
  });

  it("refuses a message without node, and takes the ids of other meshes", () => {
    expect(reporterOf(undefined)).toBeUndefined();
    const istio = "sidecar~10.1.2.3~shop-1.default~default.svc.cluster.local";
    expect(reporterOf(Node.create({ id: istio }))?.node).toBe(istio);
  });
});
