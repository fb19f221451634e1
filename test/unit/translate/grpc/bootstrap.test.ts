import { describe, expect, it } from "@jest/globals";
import { grpcBootstrapJson } from "../../../../src/translate/grpc/bootstrap.js";

const OPTIONS = { nodeId: "client-1", nodeCluster: "checkout", xdsAddress: "127.0.0.1:18000" };

describe("bootstrap of a gRPC client", () => {
  it("says who it is and where the server is", () => {
    expect(JSON.parse(grpcBootstrapJson(OPTIONS))).toEqual({
      xds_servers: [
        { server_uri: "127.0.0.1:18000", channel_creds: [{ type: "insecure" }], server_features: ["xds_v3"] },
      ],
      node: { id: "client-1", cluster: "checkout", locality: {} },
    });
  });

  it("says where it runs", () => {
    const locality = { region: "eu", zone: "a", subZone: "" };
    expect(JSON.parse(grpcBootstrapJson({ ...OPTIONS, locality })).node.locality).toEqual({ region: "eu", zone: "a" });
  });

  it.each([
    ["nodeId", { nodeId: "" }],
    ["nodeCluster", { nodeCluster: "ü" }],
    ["xdsAddress", { xdsAddress: "nowhere" }],
  ])("refuses a bad %s", (option, bad) => {
    expect(() => grpcBootstrapJson({ ...OPTIONS, ...bad })).toThrow(option);
  });
});
