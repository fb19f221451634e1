// The client status discovery service over real gRPC, as istioctl or grpcurl would ask it.
import {
  Client,
  type ClientDuplexStream,
  credentials,
  Server,
  ServerCredentials,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { ClientStatusRequest, ClientStatusResponse } from "../../../src/gen/envoy/service/status/v3/csds.js";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import { ClientStatusService, ResourceCache, TYPE_URLS, XdsServer } from "../../../src/xds/index.js";
import { AdsClient, type AdsClientOptions } from "../../harness/ads-client.js";
import { namedBytes } from "../../harness/xds-messages.js";
import { AUDIENCE } from "../../harness/xds-rig.js";

const { cluster, endpoint, route } = TYPE_URLS;
const SERVICE = "/envoy.service.status.v3.ClientStatusDiscoveryService";
type Request = Parameters<typeof ClientStatusRequest.create>[0];

let cache: ResourceCache;
let xds: XdsServer;
let grpc: Server;
let port = 0;
let caller: Client;
const clients: AdsClient[] = [];

beforeEach(async () => {
  cache = new ResourceCache();
  xds = new XdsServer({ cache, audienceOf: () => AUDIENCE, clock: new ManualClock(5_250) });
  grpc = new Server();
  xds.addTo(grpc);
  new ClientStatusService({ server: xds, cache }).addTo(grpc);
  port = await new Promise<number>((resolve, reject) => {
    grpc.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  caller = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  caller.close();
  await xds.close();
  grpc.forceShutdown();
});

function connect(options: Omit<AdsClientOptions, "port">): AdsClient {
  const client = new AdsClient({ port, ...options });
  clients.push(client);
  return client;
}

function put(typeUrl: string, contents: Readonly<Record<string, string>>): void {
  const upsert = Object.entries(contents).map(([name, text]) => ({ typeUrl, name, bytes: namedBytes(name, text) }));
  cache.apply(AUDIENCE, { upsert });
}

const bytesOf = (request: Request): Buffer =>
  Buffer.from(ClientStatusRequest.encode(ClientStatusRequest.create(request)).finish());

function fetchStatus(request: Buffer): Promise<ClientStatusResponse> {
  return new Promise((resolve, reject) => {
    const answered = (error: ServiceError | null, response?: ClientStatusResponse): void =>
      response ? resolve(response) : reject(error);
    caller.makeUnaryRequest(
      `${SERVICE}/FetchClientStatus`,
      (bytes: Buffer) => bytes,
      (bytes) => ClientStatusResponse.decode(bytes),
      request,
      answered,
    );
  });
}

describe.each(["sotw", "delta"] as const)("%s", (variant) => {
  test("shows per resource what was asked for, sent, accepted and refused", async () => {
    put(endpoint, { good: "1", bad: "1", waiting: "1" });
    put(cluster, { C: "1" });
    const client = connect({ variant, nodeId: "n", nodeCluster: "edge", metadata: { role: "front" } });
    client.subscribe(endpoint, ["good", "bad", "absent"]);
    const refuse = async (): Promise<void> => {
      const response = await client.expectResponse(endpoint);
      if (response.names.includes("bad")) client.nack(response, "no such port");
      else client.ack(response);
    };
    put(TYPE_URLS.secret, { key: "private" });
    for (let seen = 0; seen < 3; seen++) await refuse(); // both together, then each alone
    await client.acceptAll();
    client.subscribe(endpoint, ["waiting"]);
    expect((await client.expectResponse(endpoint)).names).toEqual(["waiting"]);
    client.subscribe(cluster);
    await client.accept(cluster);
    client.subscribe(TYPE_URLS.secret, ["key"]);
    expect((await client.accept(TYPE_URLS.secret)).names).toEqual(["key"]);
    await client.expectNoResponse();

    const { config } = await fetchStatus(bytesOf({ nodeMatchers: [{ nodeId: exact("n") }] }));
    expect(config).toHaveLength(1);
    expect(config[0]?.node).toMatchObject({ id: "n", cluster: "edge", metadata: { role: "front" } });
    const shown = Object.fromEntries(
      (config[0]?.genericXdsConfigs ?? []).map((each) => [
        each.name,
        [each.configStatus, each.clientStatus, each.xdsConfig?.value.toString() ?? "", each.errorState?.details ?? ""],
      ]),
    );
    const content = (name: string): string => Buffer.from(namedBytes(name, "1")).toString();
    expect(shown).toEqual({
      C: [1, 3, content("C"), ""],
      key: [1, 3, "", ""], // that it is there, not what it is
      good: [1, 3, content("good"), ""],
      bad: [4, 4, content("bad"), "no such port"],
      waiting: [3, 1, content("waiting"), ""],
      absent: variant === "sotw" ? [2, 1, "", ""] : [1, 2, "", ""],
    });
    const bad = config[0]?.genericXdsConfigs.find(({ name }) => name === "bad");
    expect(bad?.errorState).toMatchObject({
      lastUpdateAttempt: { seconds: 5n, nanos: 250_000_000 },
      versionInfo: cache.get(AUDIENCE, endpoint, "bad")?.version,
    });
    expect(bad?.versionInfo).toBe(cache.get(AUDIENCE, endpoint, "bad")?.version);

    put(endpoint, { bad: "2" });
    await client.accept(endpoint);
    await client.expectNoResponse();
    const { config: after } = await fetchStatus(
      bytesOf({ nodeMatchers: [{ nodeId: exact("n") }], excludeResourceContents: true }),
    );
    const mended = after[0]?.genericXdsConfigs.find(({ name }) => name === "bad");
    expect(mended).toMatchObject({ clientStatus: 3, errorState: undefined, xdsConfig: undefined });
  });

  test("one config per node, over all its streams; the worst of two answers counts", async () => {
    put(route, { A: "1" });
    const [one, two] = [connect({ variant, nodeId: "n" }), connect({ variant, nodeId: "n" })];
    for (const client of [one, two]) client.subscribe(route, ["A"]);
    await one.accept(route);
    two.nack(await two.expectResponse(route), "bad");
    await two.expectNoResponse();
    const { config } = await fetchStatus(bytesOf({ nodeMatchers: [{ nodeId: exact("n") }] }));
    expect(config.flatMap(({ genericXdsConfigs }) => genericXdsConfigs.map((each) => each.clientStatus))).toEqual([4]);
  });
});

describe("who is shown", () => {
  test.each<[string, Request, readonly string[]]>([
    ["all", {}, ["edge-1", "edge-2", "inner"]],
    [
      "by prefix",
      { nodeMatchers: [{ nodeId: { matchPattern: { $case: "prefix", value: "edge" } } }] },
      ["edge-1", "edge-2"],
    ],
    ["by suffix", { nodeMatchers: [{ nodeId: { matchPattern: { $case: "suffix", value: "-2" } } }] }, ["edge-2"]],
    [
      "by part, any case",
      { nodeMatchers: [{ nodeId: { matchPattern: { $case: "contains", value: "GE-1" }, ignoreCase: true } }] },
      ["edge-1"],
    ],
    ["any of two", { nodeMatchers: [{ nodeId: exact("inner") }, { nodeId: exact("edge-1") }] }, ["edge-1", "inner"]],
    [
      "by metadata",
      { nodeMatchers: [metadata(["zone", "name"], { $case: "stringMatch", value: exact("b") })] },
      ["edge-2"],
    ],
    ["by a list", { nodeMatchers: [metadata(["tags"], listOf("x"))] }, ["edge-1"]],
    [
      "by presence",
      { nodeMatchers: [metadata(["zone"], { $case: "presentMatch", value: false })] },
      ["edge-1", "inner"],
    ],
    ["nobody", { nodeMatchers: [{ nodeId: exact("nobody") }] }, []],
  ])("%s", async (_, request, expected) => {
    const nodes: Record<string, Record<string, unknown>> = {
      inner: {},
      "edge-2": { zone: { name: "b" } },
      "edge-1": { tags: ["w", "x"] },
    };
    for (const [nodeId, meta] of Object.entries(nodes)) {
      const client = connect({ variant: "delta", nodeId, metadata: meta });
      client.subscribe(cluster);
      await client.accept(cluster);
    }
    const { config } = await fetchStatus(bytesOf(request));
    expect(config.map(({ node }) => node?.id)).toEqual(expected);
  });
});

describe("bad callers", () => {
  test.each<[string, Buffer]>([
    ["malformed", Buffer.from("ffff", "hex")],
    [
      "a regular expression",
      bytesOf({ nodeMatchers: [{ nodeId: { matchPattern: { $case: "safeRegex", value: { regex: "(a+)+$" } } } }] }),
    ],
    ["a matcher without pattern", bytesOf({ nodeMatchers: [{ nodeId: {} }] })],
  ])("INVALID_ARGUMENT: %s", async (_, request) => {
    const client = connect({ variant: "delta" });
    client.subscribe(cluster);
    await client.accept(cluster);
    await expect(fetchStatus(request)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
  });

  test("a stream is answered request by request, and ends with the status of the first bad one", async () => {
    const stream: ClientDuplexStream<Buffer, ClientStatusResponse> = caller.makeBidiStreamRequest(
      `${SERVICE}/StreamClientStatus`,
      (bytes: Buffer) => bytes,
      (bytes) => ClientStatusResponse.decode(bytes),
    );
    const answers: ClientStatusResponse[] = [];
    stream.on("data", (answer: ClientStatusResponse) => {
      answers.push(answer);
      stream.write(answers.length < 3 ? bytesOf({}) : Buffer.from("ffff", "hex"));
    });
    const ended = new Promise<ServiceError>((resolve) => stream.on("error", resolve));
    stream.write(bytesOf({}));
    expect((await ended).code).toBe(status.INVALID_ARGUMENT);
    expect(answers).toHaveLength(3);
  });
});

function exact(value: string) {
  return { matchPattern: { $case: "exact" as const, value } };
}

type ValuePattern = NonNullable<
  NonNullable<NonNullable<NonNullable<Request>["nodeMatchers"]>[number]["nodeMetadatas"]>[number]["value"]
>["matchPattern"];

function metadata(path: readonly string[], matchPattern: ValuePattern) {
  const segments = path.map((value) => ({ segment: { $case: "key" as const, value } }));
  return { nodeMetadatas: [{ path: segments, value: { matchPattern } }] };
}

function listOf(value: string): ValuePattern {
  const one = { $case: "stringMatch" as const, value: exact(value) };
  return { $case: "listMatch", value: { matchPattern: { $case: "oneOf", value: { matchPattern: one } } } };
}
