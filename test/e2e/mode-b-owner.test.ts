// Mode B with another control plane: clusters and listeners are go-control-plane's, endpoints come from here.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "@jest/globals";
import { parse, stringify } from "yaml";
import { until } from "../../envoy/lab/until.js";
import {
  expectAdaptation,
  expectOnlyEndpoints,
  importedFleet,
  ownCluster,
  ownListener,
  RATE_RPS,
} from "./harness/mode-b.js";
import { buildOwner, Owner } from "./harness/owner.js";
import { Rig } from "./harness/rig.js";

let rig: Rig | undefined;
afterEach(() => rig?.stop());

const owner = buildOwner();
const withOwner = owner.program === undefined ? test.skip : test;
const why = owner.program === undefined ? ` (skipped: ${owner.reason})` : "";

withOwner(
  `clusters of go-control-plane, endpoints from here: each may restart, no request fails, weights adapt${why}`,
  async () => {
    const world = await Rig.create();
    rig = world;
    await world.startServer();
    const backends = await importedFleet(world);
    const folder = join(world.folder, "owner");
    mkdirSync(folder);
    const other = await Owner.start(owner.program ?? "", folder, {
      clusters: [ownCluster()],
      listeners: [ownListener(world.listenerPort)],
    });
    world.defer("the owner", () => other.stop());
    const envoy = await world.startEnvoy({
      mode: "weights",
      transform: (text) => {
        const bootstrap = parse(text);
        const ads = { resource_api_version: "V3", ads: {} };
        const upstream = { envoy_grpc: { cluster_name: "owner", retry_policy: { retry_back_off: BACK_OFF } } };
        bootstrap.dynamic_resources = {
          ads_config: { api_type: "GRPC", transport_api_version: "V3", grpc_services: [upstream] },
          cds_config: ads,
          lds_config: ads,
        };
        bootstrap.static_resources.clusters.push(ownerCluster(other.port));
        return stringify(bootstrap);
      },
    });
    await world.untilServing("shop");
    expect(await envoy.admin.stat("cluster_manager.cds.update_success")).toBeGreaterThan(0);
    const load = world.startLoad({ service: "shop", rateRps: RATE_RPS });
    const fromMs = load.now();
    await load.requests(RATE_RPS);

    // Streams: one of the owner's (ADS), one of ours for endpoints.
    const connected = (prefix: string, count: number) =>
      until(async () => ((await envoy.admin.stat(`${prefix}.connected_state`)) === count ? true : undefined), {
        what: `${prefix} is connected: ${count}`,
        deadlineMs: 15_000,
      });
    await other.crash();
    await connected("control_plane", 0);
    await load.requests(RATE_RPS);
    await other.startAgain();
    await connected("control_plane", 1);
    await load.requests(RATE_RPS);

    await world.server.crash();
    await load.requests(RATE_RPS);
    await world.server.startAgain();
    await until(() => expectOnlyEndpoints(world).then(() => true), { what: "Envoy is back", deadlineMs: 15_000 });
    await load.requests(RATE_RPS * 2);
    expect(load.summary(fromMs).errors).toBe(0);
    await expectAdaptation(world, load, backends);
  },
);

const BACK_OFF = { base_interval: "0.2s", max_interval: "1s" };

function ownerCluster(port: number): Readonly<Record<string, unknown>> {
  const address = { socket_address: { address: "127.0.0.1", port_value: port } };
  return {
    name: "owner",
    type: "STATIC",
    connect_timeout: "1s",
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
    load_assignment: { cluster_name: "owner", endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
  };
}
