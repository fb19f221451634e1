// The connection between Envoy and the server over mutual TLS: with the files that `steelyard bootstrap` writes, for
// proxies that may and for some that may not, and while all certificates change under load.
import { join } from "node:path";
import { afterEach, beforeAll, expect, test } from "@jest/globals";
import { until } from "../../envoy/lab/until.js";
import { moveIntoPlace, type TestAuthority, testAuthority } from "../harness/certificates.js";
import { Rig } from "./harness/rig.js";
import { untilHosts } from "./harness/until-hosts.js";

/** Secrets that were read anew and are in use. */
const TAKEN = "client_ssl_socket_factory.ssl_context_update_by_sds";
const EDGE = "spiffe://prod.example/ns/edge/sa/envoy";
const SERVER = "spiffe://prod.example/ns/mesh/sa/steelyard";

let rig: Rig;
let ours: TestAuthority;
beforeAll(async () => {
  ours = await testAuthority("ours");
});
afterEach(() => rig.stop());

async function placeServer(authority: TestAuthority): Promise<void> {
  const { certificate, privateKey } = await authority.issue({ type: "url", value: SERVER });
  moveIntoPlace(join(rig.folder, "server-tls"), { "tls.key": privateKey, "tls.pem": certificate });
}

/** Certificate, key and trusted authorities of a proxy. */
async function placeProxy(folder: string, authority: TestAuthority, id = EDGE): Promise<void> {
  const { certificate, privateKey } = await authority.issue({ type: "url", value: id });
  moveIntoPlace(join(rig.folder, folder), { "tls.key": privateKey, "tls.pem": certificate });
}

async function startServer(): Promise<void> {
  await placeServer(ours);
  const file = (name: string): string => join(rig.folder, "server-tls", name);
  moveIntoPlace(join(rig.folder, "server-tls"), { "clients.pem": ours.certificate });
  await rig.startServer({
    config: {
      xds: {
        tls: {
          certFile: file("tls.pem"),
          keyFile: file("tls.key"),
          clientCaFile: file("clients.pem"),
          trustDomain: "prod.example",
          nodes: [{ principal: "spiffe://prod.example/ns/*/sa/envoy", nodeId: "edge-*" }],
        },
      },
    },
  });
}

function tlsFlags(folder: string, serverName = SERVER): readonly string[] {
  const file = (name: string): string => join(rig.folder, folder, name);
  const own = ["--tls-cert", file("tls.pem"), "--tls-key", file("tls.key")];
  return ["--tls-ca", file("ca.pem"), ...own, "--tls-server-name", serverName, "--tls-sds-dir", file("sds")];
}

const metric = async (pattern: RegExp): Promise<number> => {
  const text = await (await fetch(`${rig.server.diagnosticsUrl}/metrics`)).text();
  return Number(pattern.exec(text)?.[1] ?? 0);
};
const untilMetric = (pattern: RegExp): Promise<number> =>
  until(async () => ((await metric(pattern)) > 0 ? metric(pattern) : undefined), { what: String(pattern) });

test.each(["delta", "sotw"] as const)("Envoy is served, %s", async (protocol) => {
  rig = await Rig.create();
  await startServer();
  await placeProxy("edge", ours);
  moveIntoPlace(join(rig.folder, "edge"), { "ca.pem": ours.certificate });
  await rig.startEnvoy({ protocol, flags: tlsFlags("edge") });
  await rig.startBackend({ name: "shop-1", service: "shop" });
  expect(await rig.untilServing("shop")).toBeLessThan(5_000);
  await untilMetric(/^steelyard_lrs_messages_total (\S+)/m); // load reports take the same way
});

test.each([
  ["another authority", /connections_refused_total\{reason="certificate"\} (\S+)/],
  ["another trust domain", /connections_refused_total\{reason="trust_domain"\} (\S+)/],
  ["the node id of somebody else", /nodes_refused_total\{service="xds",reason="node_id"\} (\S+)/],
])("a proxy with %s is sent nothing", async (fault, counter) => {
  rig = await Rig.create();
  await startServer();
  const authority = fault === "another authority" ? await testAuthority("theirs") : ours;
  await placeProxy("edge", authority, fault === "another trust domain" ? EDGE.replace("prod", "test") : EDGE);
  moveIntoPlace(join(rig.folder, "edge"), { "ca.pem": ours.certificate });
  const nodeId = fault === "the node id of somebody else" ? "core-1" : "edge-1";
  const envoy = await rig.startEnvoy({ flags: tlsFlags("edge"), nodeId, transform: withoutWaiting });
  await rig.startBackend({ name: "shop-1", service: "shop" });
  await untilMetric(counter);
  expect(await envoy.admin.stat("cluster_manager.cds.update_success")).toBe(0);
  expect(await envoy.admin.listeners()).toEqual([]);
});

/** An Envoy that is served nothing calls itself ready after 15 s; this one does so at once. */
const withoutWaiting = (text: string): string =>
  text.replaceAll(/(?<=(?:cds|lds)_config: \{resource_api_version: V3,)/g, " initial_fetch_timeout: 0.5s,");

test("a server that is not who it should be is not believed", async () => {
  rig = await Rig.create();
  await startServer();
  await placeProxy("edge", ours);
  moveIntoPlace(join(rig.folder, "edge"), { "ca.pem": ours.certificate });
  const envoy = await rig.startEnvoy({
    flags: tlsFlags("edge", "spiffe://prod.example/ns/mesh/sa/other"),
    transform: withoutWaiting,
  });
  await until(async () => (await envoy.admin.stat("cluster.xds_cluster.ssl.fail_verify_san")) || undefined, {
    what: "Envoy refuses the server's name",
  });
  expect(await envoy.admin.stat("cluster_manager.cds.update_success")).toBe(0);
});

test("all certificates and both authorities change under load: no stream and no request is lost", async () => {
  rig = await Rig.create();
  await startServer();
  await placeProxy("edge", ours);
  moveIntoPlace(join(rig.folder, "edge"), { "ca.pem": ours.certificate });
  const envoy = await rig.startEnvoy({ flags: tlsFlags("edge") });
  await rig.startBackends(2, { service: "shop" });
  await rig.untilServing("shop");
  const load = rig.startLoad({ service: "shop", rateRps: 100 });
  const fromMs = load.now();
  await load.requests(100);
  const stat = async (name: string): Promise<number> => (await envoy.admin.stat(`cluster.xds_cluster.${name}`)) ?? 0;
  const connects = await stat("upstream_cx_total");

  // New authorities are trusted beside the old ones first, then new certificates are shown, then the old ones are forgotten.
  const next = await testAuthority("next");
  const reloads = /^steelyard_tls_reloads_total\{result="ok"\} (\S+)/m;
  const rotated = async (what: string, change: () => Promise<void> | void): Promise<void> => {
    const before = await metric(reloads);
    const taken = await stat(TAKEN);
    await change();
    await until(async () => ((await stat(TAKEN)) > taken ? true : undefined), { what: `${what} at the proxy` });
    await until(async () => ((await metric(reloads)) > before ? true : undefined), { what: `${what} at the server` });
  };
  const both = ours.certificate + next.certificate;
  await rotated("new authorities", () => {
    moveIntoPlace(join(rig.folder, "edge"), { "ca.pem": both });
    moveIntoPlace(join(rig.folder, "server-tls"), { "clients.pem": both });
  });
  await rotated("new certificates", async () => {
    await placeServer(next);
    await placeProxy("edge", next);
  });
  await rotated("old authorities", () => {
    moveIntoPlace(join(rig.folder, "edge"), { "ca.pem": next.certificate });
    moveIntoPlace(join(rig.folder, "server-tls"), { "clients.pem": next.certificate });
  });
  await load.requests(100);
  expect(await stat("upstream_cx_total")).toBe(connects); // the one connection of before

  // Who comes now knows the new authority alone: the server is up to date, and so is a proxy that has to connect again.
  moveIntoPlace(join(rig.folder, "edge-2"), { "ca.pem": next.certificate });
  await placeProxy("edge-2", next);
  const second = await rig.startEnvoy({
    flags: tlsFlags("edge-2"),
    nodeId: "edge-2",
  });
  expect(await second.admin.stat("cluster_manager.cds.update_success")).toBeGreaterThan(0);
  await rig.server.crash();
  await rig.server.startAgain();
  await until(async () => ((await stat("upstream_cx_total")) > connects ? true : undefined), {
    what: "the first proxy has connected again",
  });
  await rig.startBackend({ name: "late", service: "shop" });
  await untilHosts(envoy, "shop", 3);
  await load.stop();
  expect(load.summary(fromMs).errors).toBe(0);
});
