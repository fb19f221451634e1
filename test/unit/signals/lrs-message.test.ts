import { describe, expect, it } from "@jest/globals";
import { LoadStatsRequest } from "../../../src/gen/envoy/service/load_stats/v3/lrs.js";
import { readFirstMessage, readLaterMessage } from "../../../src/signals/lrs-message.js";
import { clusterStats } from "./fixtures.js";

const request = LoadStatsRequest.create({
  node: { id: "edge-1", extensions: [{ name: "envoy.filters.http.router" }] },
  clusterStats: [clusterStats("a", [{ ok: 1 }]), clusterStats("b", [{ ok: 2, inFlight: 1 }])],
});
const bytes = LoadStatsRequest.encode(request).finish();

describe("reading load report messages", () => {
  it("reads the node once and the clusters always", () => {
    expect(readFirstMessage(bytes).node?.id).toBe("edge-1");
    expect(readLaterMessage(bytes)).toEqual({ clusterStats: request.clusterStats });
  });

  it("skips fields of later versions", () => {
    const unknownField = new Uint8Array([...bytes, (15 << 3) | 2, 1, 0xff]);
    expect(readLaterMessage(unknownField).clusterStats).toHaveLength(2);
  });

  it("throws on a cut or foreign message", () => {
    expect(() => readLaterMessage(bytes.subarray(0, bytes.length - 3))).toThrow();
    expect(() => readLaterMessage(new TextEncoder().encode("GET / HTTP/1.1"))).toThrow();
    expect(() => readFirstMessage(bytes.subarray(0, bytes.length - 3))).toThrow();
  });
});
