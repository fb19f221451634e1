import { describe, expect, it } from "@jest/globals";
import { parse } from "yaml";
import { type BootstrapOptions, bootstrapYaml } from "../../../src/translate/bootstrap.js";
import { latencySnippet, ownClusterSnippet } from "../../../src/translate/bootstrap-snippets.js";

const OPTIONS: BootstrapOptions = {
  nodeId: "edge-1",
  nodeCluster: "edge",
  xdsAddress: "127.0.0.1:18000",
  adminAddress: "127.0.0.1:9901",
  protocol: "delta",
  mode: "full",
  workers: 2,
};
const parsed = (overrides: Partial<BootstrapOptions> = {}) => parse(bootstrapYaml({ ...OPTIONS, ...overrides }));

describe("bootstrap", () => {
  it("says who the proxy is and how many workers it has", () => {
    const locality = { region: "eu", zone: "a", subZone: "" };
    expect(parsed({ workers: 8, locality, mode: "weights" }).node).toEqual({
      id: "edge-1",
      cluster: "edge",
      locality: { region: "eu", zone: "a", sub_zone: "" },
      metadata: { steelyard: { mode: "weights", workers: 8 } },
    });
  });

  it("asks for everything in mode full, and for endpoints only in mode weights", () => {
    expect(Object.keys(parsed())).toContain("dynamic_resources");
    expect(Object.keys(parsed({ mode: "weights" }))).toEqual(["node", "admin", "cluster_manager", "static_resources"]);
  });

  it.each([
    ["delta", "DELTA_GRPC"],
    ["sotw", "GRPC"],
  ] as const)("speaks %s, and load reports always by GRPC", (protocol, apiType) => {
    const yaml = parsed({ protocol });
    expect(yaml.dynamic_resources.ads_config.api_type).toBe(apiType);
    expect(yaml.cluster_manager.load_stats_config.api_type).toBe("GRPC");
  });

  it.each(['edge"1', "a: b", "# x", "- x", "{}", "yes", "0x10", "\\", "*a"])("keeps the text %p as it is", (text) => {
    expect(parsed({ nodeId: text, nodeCluster: text }).node).toMatchObject({ id: text, cluster: text });
  });

  it("finds a server by name through DNS, and by address without", () => {
    const server = (xdsAddress: string) => parsed({ xdsAddress }).static_resources.clusters[0];
    expect(server("steelyard.internal:18000").type).toBe("STRICT_DNS");
    expect(server("[::1]:18000")).toMatchObject({
      type: "STATIC",
      load_assignment: {
        endpoints: [
          { lb_endpoints: [{ endpoint: { address: { socket_address: { address: "::1", port_value: 18000 } } } }] },
        ],
      },
    });
  });

  it.each<[keyof BootstrapOptions, Partial<BootstrapOptions>]>([
    ["nodeId", { nodeId: "" }],
    ["nodeId", { nodeId: "a\nb" }],
    ["nodeId", { nodeId: "x".repeat(257) }],
    ["nodeCluster", { nodeCluster: "" }],
    ["workers", { workers: 0 }],
    ["workers", { workers: 1.5 }],
    ["xdsAddress", { xdsAddress: "127.0.0.1" }],
    ["xdsAddress", { xdsAddress: "127.0.0.1:0" }],
    ["xdsAddress", { xdsAddress: "127.0.0.1:65536" }],
    ["xdsAddress", { xdsAddress: "::1:18000" }],
    ["xdsAddress", { xdsAddress: "[127.0.0.1]:18000" }],
    ["xdsAddress", { xdsAddress: "http://127.0.0.1:18000" }],
    ["adminAddress", { adminAddress: "localhost:9901" }],
  ])("refuses a wrong %s: %p", (option, overrides) => {
    expect(() => parsed(overrides)).toThrow(
      expect.objectContaining({
        code: "ERR_CONFIG_INVALID",
        message: expect.stringMatching(`^bootstrap ${option}: `),
      }),
    );
  });
});

describe("snippets of mode weights", () => {
  const uncommented = (text: string): string =>
    text
      .split("\n")
      .filter((line) => /^# {3}/.test(line) && !line.startsWith("#   response_headers"))
      .map((line) => line.slice(2))
      .join("\n");

  it("are a cluster when their comment signs are removed", () => {
    const [cluster] = parse(`${uncommented(ownClusterSnippet("sotw"))}\n${uncommented(latencySnippet())}`);
    expect(cluster).toMatchObject({ name: "checkout", type: "EDS", lrs_report_endpoint_metrics: ["named_metrics.*"] });
    expect(cluster.eds_cluster_config.eds_config.api_config_source.api_type).toBe("GRPC");
    const [options] = Object.values<{ http_filters: unknown[] }>(cluster.typed_extension_protocol_options);
    expect(options?.http_filters).toHaveLength(2);
  });
});
