// TLS between Envoy and the instances by the policy of the service: shown by which backends get requests, and by what a
// change of certificates leaves alone.
import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import { afterEach, beforeAll, expect, test } from "@jest/globals";
import { ask } from "../../envoy/lab/ask.js";
import { listenOnLoopback } from "../../envoy/lab/listen.js";
import { until } from "../../envoy/lab/until.js";
import type { RunningEnvoy } from "../../envoy/launch-envoy.js";
import { type TestAuthority, testAuthority } from "../harness/certificates.js";
import { Rig } from "./harness/rig.js";

let rig: Rig;
let ours: TestAuthority;
let theirs: TestAuthority;
beforeAll(async () => {
  [ours, theirs] = [await testAuthority("ours"), await testAuthority("theirs")];
});
afterEach(() => rig.stop());

const SHOP = "/v1/services/shop";
const put = (policy: object): Promise<unknown> => rig.server.api.send("PUT", SHOP, policy);

async function serverOptions(authority = ours, name = "shop.internal") {
  const { certificate: cert, privateKey: key } = await authority.issue({ type: "dns", value: name });
  return { cert, key };
}

const statusOf = async (): Promise<number> => (await ask({ port: rig.listenerPort, host: "shop" })).status;

/** What a change of policy leaves alone, and what it does not. */
async function counters(envoy: RunningEnvoy) {
  const stats = await envoy.admin.stats("^(cluster_manager.cluster_modified|cluster.shop.upstream_cx_destroy)$");
  return {
    modified: stats.get("cluster_manager.cluster_modified") ?? 0,
    destroyed: stats.get("cluster.shop.upstream_cx_destroy") ?? 0,
  };
}

test("only instances whose certificate is of the right authority and name get requests", async () => {
  rig = await Rig.create();
  await rig.startServer();
  const envoy = await rig.startEnvoy();
  await put({ tls: { ca: ours.certificate, sans: ["shop.internal"] } });
  const right = await rig.startBackend({ name: "right", service: "shop", tls: await serverOptions() });
  const otherName = await serverOptions(ours, "other.internal");
  const wrong = [
    await rig.startBackend({ name: "other-authority", service: "shop", tls: await serverOptions(theirs) }),
    await rig.startBackend({ name: "other-name", service: "shop", tls: otherName }),
    await rig.startBackend({ name: "plaintext", service: "shop" }),
  ];
  await rig.untilServing("shop");
  const refusals = (): Promise<ReadonlyMap<string, number>> =>
    envoy.admin.stats("^cluster.shop.ssl.(fail_verify_san|fail_verify_error|connection_error)$");
  await until(
    async () => {
      await statusOf();
      return [...(await refusals()).values()].filter((count) => count > 0).length === 3 ? true : undefined;
    },
    { what: "each of the three was tried and refused for its own reason" },
  );
  expect(wrong.map(({ backend }) => backend.received)).toEqual([0, 0, 0]);
  expect(right.backend.received).toBeGreaterThan(0);

  // The name that is asked for is part of a secret: another one needs no new cluster.
  const before = await counters(envoy);
  await put({ tls: { ca: ours.certificate, sans: ["other.internal"] } });
  await until(
    async () => {
      await statusOf();
      return (wrong[1]?.backend.received ?? 0) > 0 ? true : undefined;
    },
    { what: "the other name is served" },
  );
  expect((await counters(envoy)).modified).toBe(before.modified);
});

test("instances that ask for a certificate get it; certificates and authorities change under load without a trace", async () => {
  rig = await Rig.create();
  await rig.startServer();
  const envoy = await rig.startEnvoy();
  const mutual = { ...(await serverOptions()), ca: [ours.certificate, theirs.certificate], requestCert: true };
  await put({ tls: { ca: ours.certificate } });
  await rig.startBackend({ name: "a", service: "shop", tls: mutual });
  await rig.startBackend({ name: "b", service: "shop", tls: mutual });
  await until(async () => ((await statusOf()) === 503 ? true : undefined), { what: "without certificate: refused" });

  const first = await ours.issue({ type: "url", value: "spiffe://prod/edge" });
  await put({ tls: { ca: ours.certificate, clientCertificate: first } });
  await rig.untilServing("shop");
  const load = rig.startLoad({ service: "shop", rateRps: 200 });
  const fromMs = load.now();
  await load.requests(200);
  const before = await counters(envoy);
  const rotations = async (): Promise<number> =>
    (await envoy.admin.stat("cluster.shop.client_ssl_socket_factory.ssl_context_update_by_sds")) ?? 0;
  for (const authority of [theirs, ours, theirs]) {
    const seen = await rotations();
    const clientCertificate = await authority.issue({ type: "url", value: "spiffe://prod/edge" });
    await put({ tls: { ca: ours.certificate + theirs.certificate, clientCertificate } });
    await until(async () => ((await rotations()) > seen ? true : undefined), { what: "Envoy has the new secret" });
    await load.requests(60);
  }
  await load.stop();
  expect(load.summary(fromMs).errors).toBe(0);
  expect(await counters(envoy)).toEqual(before);
});

test("http2 over TLS", async () => {
  rig = await Rig.create();
  await rig.startServer();
  await rig.startEnvoy();
  const versions = new Set<string>();
  const backend = createSecureServer(await serverOptions(), (request, response) => {
    versions.add(`${request.httpVersion} ${(request.socket as { alpnProtocol?: string }).alpnProtocol}`);
    response.end("ok");
  });
  rig.defer("the backend", () => void backend.close());
  const port = await listenOnLoopback(backend);
  await put({ protocol: "http2", tls: { ca: ours.certificate, sni: "shop.internal" } });
  await rig.server.api.send("PUT", `${SHOP}/instances/h2`, { address: "127.0.0.1", port });
  await rig.untilServing("shop");
  expect([...versions]).toEqual(["2.0 h2"]);
});

test("the key is nowhere to be seen, and what is shown can be put back", async () => {
  rig = await Rig.create();
  await rig.startServer();
  const envoy = await rig.startEnvoy();
  const own = await ours.issue({ type: "url", value: "spiffe://prod/edge" });
  const mutual = { ...(await serverOptions()), ca: ours.certificate, requestCert: true };
  await put({ tls: { ca: ours.certificate, clientCertificate: own } });
  await rig.startBackend({ name: "a", service: "shop", tls: mutual });
  await rig.untilServing("shop");

  const { policy } = (await rig.server.api.get(SHOP)) as { policy: { tls: { clientCertificate: object } } };
  expect(policy.tls.clientCertificate).toEqual({ certificate: own.certificate, privateKey: "(redacted)" });
  await put({ ...policy, timeouts: { connectMs: 900 } }); // a new cluster, with new connections and the same key
  await until(async () => (await envoy.admin.stat("cluster_manager.cluster_modified")) || undefined, {
    what: "the cluster has changed",
  });
  await rig.untilServing("shop");

  const secret = own.privateKey.split("\n")[1] ?? "";
  expect(secret.length).toBeGreaterThan(40);
  const shown = [
    JSON.stringify(await rig.server.api.get("/v1/services")),
    JSON.stringify(await rig.server.api.get("/v1/nodes")),
    JSON.stringify(await rig.server.api.get(`${SHOP}/weights`)),
    JSON.stringify(await rig.server.api.explanation("shop", "a")),
    readFileSync(rig.server.child.logFile, "utf8"),
  ];
  for (const text of shown) expect(text).not.toContain(secret);
  await rig.server.crash(); // what was put back is what is stored
  await rig.server.startAgain();
  await until(async () => ((await rig.server.isReady()) ? true : undefined), { what: "the server is back" });
  expect(JSON.stringify(await rig.server.api.get(SHOP))).toContain("(redacted)");
  expect(await rig.untilServing("shop")).toBeLessThan(5_000);
});
