// The port for data planes behind TLS, with the whole server: who is let in, as which node, and what a change of
// certificates does to those who are there already.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChannelCredentials, credentials, status } from "@grpc/grpc-js";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { until } from "../../../envoy/lab/until.js";
import { loadConfig } from "../../../src/app/load-config.js";
import { SteelyardServer } from "../../../src/app/server.js";
import { LoadReportingServiceClient, LoadStatsRequest } from "../../../src/gen/envoy/service/load_stats/v3/lrs.js";
import { systemClock } from "../../../src/runtime/clock.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { seededRng } from "../../../src/runtime/rng.js";
import { MemoryStore } from "../../../src/store/memory/memory-store.js";
import { PrometheusSink } from "../../../src/telemetry/prometheus.js";
import { TYPE_URLS } from "../../../src/xds/index.js";
import { AdsClient } from "../../harness/ads-client.js";
import { moveIntoPlace, type TestAuthority, type TestCertificate, testAuthority } from "../../harness/certificates.js";

const EDGE = "spiffe://prod.example/ns/edge/sa/envoy";
const SERVER = { type: "ip", value: "127.0.0.1" } as const;

let ours: TestAuthority;
let theirs: TestAuthority;
let folder: string;
let server: SteelyardServer;
let metrics: PrometheusSink;
const clients: AdsClient[] = [];

beforeAll(async () => {
  ours = await testAuthority("ours");
  theirs = await testAuthority("theirs");
});

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "steelyard-tls-"));
  await placeServerCertificate(ours);
  moveIntoPlace(folder, { "clients.pem": ours.certificate });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function placeServerCertificate(authority: TestAuthority): Promise<void> {
  const { certificate, privateKey } = await authority.issue(SERVER);
  moveIntoPlace(folder, { "server.pem": certificate, "server.key": privateKey });
}

function create(host: string, tls: Readonly<Record<string, unknown>>): SteelyardServer {
  const any = "127.0.0.1:0";
  const file = (name: string): string => join(folder, name);
  const flags = {
    "xds.address": host,
    "api.address": any,
    "diagnostics.address": any,
    "xds.tls.certFile": file("server.pem"),
    "xds.tls.keyFile": file("server.key"),
    ...Object.fromEntries(Object.entries(tls).map(([key, value]) => [`xds.tls.${key}`, value])),
  };
  const config = loadConfig({ flags, env: {} });
  metrics = new PrometheusSink({ strict: true });
  const parts = { clock: systemClock, rng: seededRng(1), logger: silentLogger, metrics };
  server = new SteelyardServer({ config, store: new MemoryStore(), version: "0", ...parts });
  return server;
}

const mutual = (more: Readonly<Record<string, unknown>> = {}): Promise<void> =>
  create("127.0.0.1:0", { clientCaFile: join(folder, "clients.pem"), ...more }).start();

const trusting = (authority: TestAuthority, own?: TestCertificate): ChannelCredentials =>
  credentials.createSsl(
    Buffer.from(authority.certificate),
    own && Buffer.from(own.privateKey),
    own && Buffer.from(own.certificate),
  );

const edge = (authority = ours, id = EDGE): Promise<TestCertificate> => authority.issue({ type: "url", value: id });

function connect(channel: ChannelCredentials, nodeId = "edge-1", variant: "sotw" | "delta" = "delta"): AdsClient {
  const client = new AdsClient({ port: server.ports.xds, credentials: channel, variant, nodeId });
  clients.push(client);
  client.subscribe(TYPE_URLS.listener);
  return client;
}

const metric = async (line: string): Promise<number> =>
  Number(new RegExp(`^${line.replaceAll(/[{}]/g, "\\$&")} (\\S+)$`, "m").exec(await metrics.text())?.[1] ?? 0);

const REFUSED = 'steelyard_tls_connections_refused_total{reason="REASON"}';

describe("who is let in", () => {
  test.each(["sotw", "delta"] as const)("a client of our authority, %s", async (variant) => {
    await mutual({ trustDomain: "prod.example" });
    const client = connect(trusting(ours, await edge()), "edge-1", variant);
    expect((await client.accept(TYPE_URLS.listener)).names).toEqual(["gateway"]);
  });

  test("not one without certificate, of another authority, or of another trust domain", async () => {
    await mutual({ trustDomain: "prod.example" });
    const cases = [
      [undefined, "certificate"],
      [await edge(theirs), "certificate"],
      [await edge(ours, "spiffe://test.example/ns/edge/sa/envoy"), "trust_domain"],
      [await ours.issue({ type: "dns", value: "edge-1" }), "trust_domain"],
    ] as const;
    for (const [own, reason] of cases) {
      const line = REFUSED.replace("REASON", reason);
      const before = await metric(line);
      expect((await connect(trusting(ours, own)).expectEnd()).code).toBe(status.UNAVAILABLE);
      expect(await metric(line)).toBeGreaterThan(before);
    }
  });

  test("not one that speaks plaintext", async () => {
    await mutual();
    expect((await connect(credentials.createInsecure()).expectEnd()).code).toBe(status.UNAVAILABLE);
  });

  test("a server without client authorities asks for no certificate", async () => {
    await create("127.0.0.1:0", {}).start();
    await connect(trusting(ours)).accept(TYPE_URLS.listener);
  });
});

describe("as which node", () => {
  const nodes = [{ principal: "spiffe://prod.example/ns/*/sa/envoy", nodeId: "edge-*" }];

  test("xds: one that its identity may be", async () => {
    await mutual({ nodes });
    const channel = trusting(ours, await edge());
    await connect(channel, "edge-7").accept(TYPE_URLS.listener);
    expect(await connect(channel, "core-7").expectEnd()).toMatchObject({ code: status.PERMISSION_DENIED });
    const job = trusting(ours, await edge(ours, "spiffe://prod.example/ns/edge/sa/job"));
    expect(await connect(job, "edge-7").expectEnd()).toMatchObject({ code: status.PERMISSION_DENIED });
    const line = 'steelyard_xds_nodes_refused_total{service="xds",reason="REASON"}';
    expect(await metric(line.replace("REASON", "node_id"))).toBe(1);
    expect(await metric(line.replace("REASON", "principal"))).toBe(1);
  });

  test("load reports: the same", async () => {
    await mutual({ nodes });
    const client = new LoadReportingServiceClient(`127.0.0.1:${server.ports.xds}`, trusting(ours, await edge()));
    const report = (id: string): Promise<string> =>
      new Promise((resolve) => {
        const stream = client.streamLoadStats();
        stream.on("data", () => {
          resolve("taken");
          stream.end();
        });
        stream.on("error", (error) => resolve(error.message));
        stream.write(LoadStatsRequest.fromPartial({ node: { id } }));
      });
    expect(await report("edge-7")).toBe("taken");
    expect(await report("core-7")).toMatch(/PERMISSION_DENIED/);
    client.close();
  });
});

describe("new certificates", () => {
  const result = (which: "ok" | "failed"): Promise<number> => metric(`steelyard_tls_reloads_total{result="${which}"}`);

  test("are shown to newcomers, and those who are there stay", async () => {
    await mutual();
    const before = connect(trusting(ours, await edge()));
    await before.accept(TYPE_URLS.listener);

    moveIntoPlace(folder, { "clients.pem": theirs.certificate });
    await placeServerCertificate(theirs);
    await until(async () => ((await result("ok")) > 0 ? true : undefined), { what: "the certificate is replaced" });
    await until(
      async () => {
        const newcomer = connect(trusting(theirs, await edge(theirs)));
        return newcomer.accept(TYPE_URLS.listener);
      },
      { what: "a client of the new authority is let in" },
    );
    expect((await connect(trusting(theirs, await edge(ours))).expectEnd()).code).toBe(status.UNAVAILABLE);

    before.subscribe(TYPE_URLS.route, ["gateway"]); // on the stream that was opened under the old certificate
    expect((await before.accept(TYPE_URLS.route)).names).toEqual(["gateway"]);
  });

  test("that are broken are told of once, and change nothing", async () => {
    await mutual();
    const { privateKey } = await ours.issue(SERVER);
    moveIntoPlace(folder, { "server.key": privateKey }); // of another certificate
    await until(async () => ((await result("failed")) > 0 ? true : undefined), { what: "the key is refused" });
    await connect(trusting(ours, await edge())).accept(TYPE_URLS.listener);
    moveIntoPlace(folder, { "server.key": "garbage" });
    await until(async () => ((await result("failed")) > 1 ? true : undefined), { what: "the garbage is refused" });
    await placeServerCertificate(ours);
    await until(async () => ((await result("ok")) > 0 ? true : undefined), { what: "the whole pair is taken" });
    await connect(trusting(ours, await edge())).accept(TYPE_URLS.listener);
    expect(await result("failed")).toBe(2);
  });
});

describe("beyond loopback", () => {
  // The IPv4-mapped form of loopback: an address that the rule does not know, and nobody else can reach.
  const BEYOND = "[::ffff:127.0.0.1]:0";

  test("a server listens only when clients must show certificates", async () => {
    await expect(create(BEYOND, {}).start()).rejects.toMatchObject({ code: "ERR_NOT_LOOPBACK" });
    await create(BEYOND, { clientCaFile: join(folder, "clients.pem") }).start();
    await connect(trusting(ours, await edge())).accept(TYPE_URLS.listener);
  });
});

test("a file that cannot be used is named before anybody is let in", async () => {
  moveIntoPlace(folder, { "clients.pem": "no certificate" });
  await expect(mutual()).rejects.toMatchObject({
    code: "ERR_CONFIG_INVALID",
    message: expect.stringContaining("clients.pem"),
  });
  moveIntoPlace(folder, { "clients.pem": ours.certificate, "server.key": "garbage" });
  await expect(mutual()).rejects.toMatchObject({
    code: "ERR_CONFIG_INVALID",
    message: expect.stringContaining("server.key"),
  });
});
