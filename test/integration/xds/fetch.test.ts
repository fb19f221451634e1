// Discovery without a stream: over HTTP in JSON and protobuf, as Envoy's `api_type: REST` asks, and as unary gRPC.
import { createServer, type Server as HttpServer } from "node:http";
import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Cluster } from "../../../src/gen/envoy/config/cluster/v3/cluster.js";
import { DiscoveryRequest, DiscoveryResponse } from "../../../src/gen/envoy/service/discovery/v3/discovery.js";
import { messageOf, StreamError, TYPE_URLS } from "../../../src/xds/index.js";
import { DISCOVERY_SERVICES } from "../../../src/xds/services.js";
import { namedBytes } from "../../harness/xds-messages.js";
import { AUDIENCE, XdsRig } from "../../harness/xds-rig.js";

const { cluster, endpoint, route } = TYPE_URLS;
const node = { id: "n", cluster: "edge" };

let rig: XdsRig;
let http: HttpServer;
let base = "";

beforeEach(async () => {
  rig = await XdsRig.start({
    callbacks: {
      onFetch: ({ node: { id } }) => {
        if (id === "intruder") throw new StreamError(status.PERMISSION_DENIED, "not this one");
      },
    },
  });
  http = createServer(rig.server.rest);
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const address = http.address();
  base = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/v3/discovery:`;
});
afterEach(async () => {
  http.closeAllConnections();
  http.close();
  await rig.close();
});

const post = (noun: string, body: string | Uint8Array, contentType: string, headers: Record<string, string> = {}) =>
  fetch(base + noun, {
    method: "POST",
    body: typeof body === "string" ? body : Buffer.from(body),
    headers: { "content-type": contentType, ...headers },
  });
const postJson = (noun: string, body: unknown) => post(noun, JSON.stringify(body), "application/json");
const postProtobuf = (noun: string, request: Parameters<typeof DiscoveryRequest.create>[0]) =>
  post(noun, DiscoveryRequest.encode(DiscoveryRequest.create(request)).finish(), "application/x-protobuf");
const putCluster = (name: string, text: string): void =>
  rig.cache.apply(AUDIENCE, {
    upsert: [{ typeUrl: cluster, name, message: messageOf(Cluster, Cluster.create({ name, altStatName: text })) }],
  });

describe("REST", () => {
  test("JSON: all clusters, then 304 until something changes", async () => {
    putCluster("B", "1");
    putCluster("A", "1");
    const first = await postJson("clusters", { node });
    expect([first.status, first.headers.get("content-type")]).toEqual([200, "application/json"]);
    const body = (await first.json()) as { versionInfo: string; typeUrl: string; resources: unknown[] };
    expect(body).toMatchObject({
      typeUrl: cluster,
      resources: [
        { "@type": cluster, name: "A", altStatName: "1" },
        { "@type": cluster, name: "B", altStatName: "1" },
      ],
    });
    const asked = { node, version_info: body.versionInfo };
    expect((await postJson("clusters", asked)).status).toBe(304);
    putCluster("B", "2");
    const second = await postJson("clusters", asked);
    expect(second.status).toBe(200);
    expect(await second.json()).not.toMatchObject({ versionInfo: body.versionInfo });
  });

  test("protobuf: every service answers its own type, by name", async () => {
    for (const { fetch: method, onlyType } of DISCOVERY_SERVICES) {
      if (!method || onlyType === undefined) continue;
      rig.put(onlyType, { A: "1", B: "1" });
      const answer = await postProtobuf(method.rest, { node, resourceNames: ["A", "absent"] });
      expect([method.rest, answer.status]).toEqual([method.rest, 200]);
      const message = DiscoveryResponse.decode(Buffer.from(await answer.arrayBuffer()));
      expect(message.resources.map(({ value }) => value.toString())).toEqual([
        Buffer.from(namedBytes("A", "1")).toString(),
      ]);
      const again = await postProtobuf(method.rest, { node, resourceNames: ["A"], versionInfo: message.versionInfo });
      expect(again.status).toBe(304);
    }
  });

  test("an empty list asks for all only where the protocol says so", async () => {
    rig.put(endpoint, { A: "1" });
    const answer = await postProtobuf("endpoints", { node });
    expect(DiscoveryResponse.decode(Buffer.from(await answer.arrayBuffer())).resources).toEqual([]);
  });

  test("what cannot be written in JSON is refused with a word on how to ask", async () => {
    rig.put(route, { A: "1" }); // not a RouteConfiguration
    rig.cache.apply(AUDIENCE, { upsert: [{ typeUrl: route, name: "A", bytes: Buffer.from("ffff", "hex") }] });
    const answer = await postJson("routes", { node, resource_names: ["A"] });
    expect([answer.status, await answer.text()]).toEqual([406, expect.stringContaining("application/x-protobuf")]);
  });

  test.each<[number, string, () => Promise<Response>]>([
    [404, "another path", () => postJson("chariots", { node })],
    [405, "another method", () => fetch(`${base}clusters`)],
    [415, "another media type", () => post("clusters", "a: b", "text/yaml")],
    [415, "compressed", () => post("clusters", "x", "application/json", { "content-encoding": "gzip" })],
    [400, "not JSON", () => post("clusters", "{", "application/json")],
    [400, "an unknown field", () => postJson("clusters", { node, surprise: 1 })],
    [400, "not protobuf", () => post("clusters", Buffer.from("ffff", "hex"), "application/x-protobuf")],
    [400, "no node", () => postJson("clusters", {})],
    [400, "another type", () => postJson("clusters", { node, type_url: endpoint })],
    [403, "refused by the caller", () => postJson("clusters", { node: { id: "intruder" } })],
    [413, "too large", () => post("clusters", Buffer.alloc((1 << 20) + 1), "application/x-protobuf")],
    [413, "too many names", () => postJson("routes", { node, resource_names: Array.from({ length: 10_001 }, String) })],
  ])("%i: %s", async (expected, _, ask) => {
    expect((await ask()).status).toBe(expected);
  });
});

test("unary gRPC: the same answers, and the status of a refusal", async () => {
  rig.put(cluster, { A: "1" });
  const client = new Client(`127.0.0.1:${rig.port}`, credentials.createInsecure());
  const ask = (request: Parameters<typeof DiscoveryRequest.create>[0]): Promise<DiscoveryResponse> =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest<DiscoveryRequest, DiscoveryResponse>(
        "/envoy.service.cluster.v3.ClusterDiscoveryService/FetchClusters",
        (message) => Buffer.from(DiscoveryRequest.encode(message).finish()),
        (bytes) => DiscoveryResponse.decode(bytes),
        DiscoveryRequest.create(request),
        (error: ServiceError | null, response) => (response ? resolve(response) : reject(error)),
      );
    });
  expect(await ask({ node })).toMatchObject({ typeUrl: cluster, resources: [{ typeUrl: cluster }] });
  await expect(ask({})).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
  await expect(ask({ node: { id: "intruder" } })).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
  expect(rig.metrics.get("steelyard_xds_stream_errors_total PERMISSION_DENIED")).toBe(1);
  client.close();
});
