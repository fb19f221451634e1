import { describe, expect, it } from "@jest/globals";
import { assignmentFrom } from "../../../src/cli/endpoint-file.js";

const address = { socket_address: { address: "10.0.0.1", port_value: 80 } };

describe("endpoints from a file", () => {
  it("are a ClusterLoadAssignment as it is", () => {
    const assignment = { clusterName: "x", endpoints: [] };
    expect(assignmentFrom(JSON.stringify(assignment), "shop")).toEqual(assignment);
  });

  it("are those of one cluster in an Envoy's /config_dump?include_eds, dynamic or static", () => {
    const [shop, other] = ["shop", "other"].map((name) => ({ cluster_name: name, endpoints: [] }));
    const dump = {
      configs: [
        { "@type": "BootstrapConfigDump", bootstrap: {} },
        {
          dynamic_endpoint_configs: [{ endpoint_config: other }],
          static_endpoint_configs: [{ endpoint_config: shop }],
        },
      ],
    };
    expect(assignmentFrom(JSON.stringify(dump), "shop")).toEqual(shop);
    expect(() => assignmentFrom(JSON.stringify(dump), "cart")).toThrow("has no cluster cart; it has: other, shop");
  });

  it("are the hosts of one cluster in /clusters?format=json", () => {
    const host = {
      address,
      weight: 3,
      priority: 1,
      hostname: "a.internal",
      locality: { zone: "z1" },
      health_status: { eds_health_status: "DRAINING", failed_active_health_check: true },
      stats: [],
    };
    const status = { cluster_statuses: [{ name: "shop", host_statuses: [host] }] };
    expect(assignmentFrom(JSON.stringify(status), "shop")).toEqual({
      cluster_name: "shop",
      endpoints: [
        {
          locality: { zone: "z1" },
          priority: 1,
          lb_endpoints: [
            { endpoint: { address, hostname: "a.internal" }, load_balancing_weight: 3, health_status: "DRAINING" },
          ],
        },
      ],
    });
  });

  it.each(["", "{", "[]", "1", "null"])("are none in %p", (text) => {
    expect(() => assignmentFrom(text, "shop")).toThrow("JSON");
  });
});
