import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { contenderOf } from "../../../../bench/balance/contenders.js";
import { withContenders } from "../../../../bench/balance/proxies/contender-config.js";
import { weightsForShares, writeEndpoints } from "../../../../bench/balance/proxies/endpoints-file.js";
import { bootstrapYaml } from "../../../../src/translate/bootstrap.js";

const folder = mkdtempSync(join(tmpdir(), "steelyard-bench-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bootstrap = bootstrapYaml({
  nodeId: "edge-1",
  nodeCluster: "bench",
  xdsAddress: "127.0.0.1:18000",
  adminAddress: "127.0.0.1:0",
  protocol: "delta",
  mode: "full",
  workers: 1,
});

interface Configuration {
  readonly node: { readonly id: string };
  readonly cluster_manager: { readonly load_stats_config: { readonly grpc_services: readonly unknown[] } };
  readonly static_resources: { readonly clusters: readonly { readonly name: string; readonly lb_policy?: string }[] };
}

function configuration(loadReportPort?: number): Configuration {
  const text = withContenders(bootstrap, {
    contenders: [contenderOf("least-request"), contenderOf("adaptive")],
    listenerPort: 20_000,
    routeTimeoutMs: 5_000,
    endpointsFile: (name) => `${name}.json`,
    ...(loadReportPort === undefined ? {} : { loadReportPort }),
  });
  return JSON.parse(text) as Configuration;
}

describe("withContenders", () => {
  test("adds clusters only for those whose cluster does not come from the control server", () => {
    const { static_resources, node } = configuration();
    expect(static_resources.clusters.map(({ name }) => name)).toEqual(["xds_cluster", "least-request"]);
    expect(static_resources.clusters[1]).toMatchObject({ type: "EDS", lb_policy: "LEAST_REQUEST" });
    expect(node.id).toBe("edge-1");
  });

  test("all come in by the same listener, each by its host name", () => {
    const text = JSON.stringify(configuration());
    for (const name of ["least-request", "adaptive"]) {
      expect(text).toContain(`"domains":["${name}"]`);
      expect(text).toContain(`"route":{"cluster":"${name}","timeout":"5s"}`);
    }
  });

  test("load reports can be sent through a tap, which is reached as the control server is", () => {
    const { cluster_manager, static_resources } = configuration(7_777);
    expect(cluster_manager.load_stats_config.grpc_services).toEqual([
      { envoy_grpc: { cluster_name: "load_report_tap" } },
    ]);
    const [control, , tap] = static_resources.clusters;
    expect(tap).toEqual({
      ...control,
      name: "load_report_tap",
      load_assignment: {
        cluster_name: "load_report_tap",
        endpoints: [
          {
            lb_endpoints: [{ endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: 7_777 } } } }],
          },
        ],
      },
    });
  });
});

describe("weightsForShares", () => {
  test("follows w = s (1 + s n)", () => {
    const [small = 0, large = 0] = weightsForShares([1, 3], 8);
    expect(large).toBe(60_000);
    expect(small / large).toBeCloseTo((0.25 * (1 + 0.25 * 8)) / (0.75 * (1 + 0.75 * 8)), 4);
  });

  test("equal capacities weigh the same, so that Envoy chooses by true power of two choices", () => {
    expect(weightsForShares([2, 2, 2], 19)).toEqual([100, 100, 100]);
  });

  test("one that is out does not change that", () => {
    expect(weightsForShares([2, 0, 2], 19)).toEqual([100, 100, 100]);
    expect(weightsForShares([1, 0, 2], 0)).toEqual([30_000, 1, 60_000]);
  });
});

test("endpoints are a resource file of Envoy", () => {
  const file = join(folder, "endpoints.json");
  writeEndpoints(file, "oracle", [{ port: 81, weight: 7, health: "UNHEALTHY" }]);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
    resources: [
      {
        "@type": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
        cluster_name: "oracle",
        endpoints: [
          {
            lb_endpoints: [
              {
                endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: 81 } } },
                health_status: "UNHEALTHY",
                load_balancing_weight: 7,
              },
            ],
          },
        ],
      },
    ],
  });
});
