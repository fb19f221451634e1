// The gRPC port of the data planes, beside xDS itself: health, reflection and client status, and how it ends.

import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { Client, type ClientDuplexStream, credentials, status } from "@grpc/grpc-js";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { DataPlaneListener } from "../../../src/app/data-plane-listener.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import { LrsService } from "../../../src/signals/lrs-service.js";
import { ClientStatusService, ResourceCache, TYPE_URLS, XdsServer } from "../../../src/xds/index.js";
import { AdsClient } from "../../harness/ads-client.js";

let listener: DataPlaneListener;
let client: Client;

beforeEach(async () => {
  const clock = new ManualClock();
  const cache = new ResourceCache();
  const xds = new XdsServer({ cache, audienceOf: () => "a", clock });
  const lrs = new LrsService({ clock, onReport: () => undefined, onNodeGone: () => undefined });
  listener = new DataPlaneListener({
    address: { host: "127.0.0.1", port: 0 },
    services: [xds, new ClientStatusService({ server: xds, cache }), lrs],
    clock,
    logger: silentLogger,
  });
  await listener.start();
  client = new Client(`127.0.0.1:${listener.port}`, credentials.createInsecure());
});
afterEach(async () => {
  client.close();
  await listener.stop();
});

const identity = (bytes: Buffer): Buffer => bytes;
/** A message with one string in a field. */
const text = (field: number, value: string): Buffer =>
  Buffer.from(
    new BinaryWriter()
      .uint32((field << 3) | 2)
      .string(value)
      .finish(),
  );

/** grpc.health.v1: 1 = SERVING, 2 = NOT_SERVING. */
function check(service: string): Promise<number> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest("/grpc.health.v1.Health/Check", identity, identity, text(1, service), (error, bytes) => {
      if (error) reject(error);
      else resolve(bytes?.[1] ?? 0);
    });
  });
}

/** One question to the reflection service; the fields of its answer by number. */
function reflect(version: string, request: Buffer): Promise<ReadonlyMap<number, readonly Uint8Array[]>> {
  return new Promise((resolve, reject) => {
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    const stream: ClientDuplexStream<Buffer, Buffer> = client.makeBidiStreamRequest(path, identity, identity);
    stream.on("data", (bytes: Buffer) => resolve(fields(bytes)));
    stream.on("error", reject);
    stream.write(request);
    stream.end();
  });
}

function fields(bytes: Uint8Array): Map<number, Uint8Array[]> {
  const found = new Map<number, Uint8Array[]>();
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType !== WireType.LengthDelimited) reader.skip(wireType);
    else found.set(field, [...(found.get(field) ?? []), reader.bytes()]);
  }
  return found;
}

/** ServerReflectionRequest and ServerReflectionResponse. */
const ASK = { symbol: 4, list: 7 } as const;
const ANSWER = { files: 4, list: 6, error: 7 } as const;

test("health: the server and each of its services serve; others are unknown", async () => {
  expect(await check("")).toBe(1);
  for (const name of [
    "envoy.service.discovery.v3.AggregatedDiscoveryService",
    "envoy.service.status.v3.ClientStatusDiscoveryService",
    "envoy.service.load_stats.v3.LoadReportingService",
  ]) {
    expect([name, await check(name)]).toEqual([name, 1]);
  }
  await expect(check("nobody")).rejects.toMatchObject({ code: status.NOT_FOUND });
});

test("health: whoever watches hears that the server stops, and streams end with UNAVAILABLE", async () => {
  const heard: number[] = [];
  const watch = client.makeServerStreamRequest("/grpc.health.v1.Health/Watch", identity, identity, text(1, ""));
  const first = new Promise<void>((resolve) => {
    watch.on("data", (bytes: Buffer) => {
      heard.push(bytes[1] ?? 0);
      resolve();
    });
  });
  watch.on("error", () => undefined);
  await first;
  const ads = new AdsClient({ port: listener.port, variant: "delta" });
  ads.subscribe(TYPE_URLS.cluster);
  await ads.accept(TYPE_URLS.cluster);
  const ended = ads.expectEnd();
  const second = new Promise((resolve) => watch.once("data", resolve));
  const stopped = listener.stop();
  expect((await ended).code).toBe(status.UNAVAILABLE);
  await second;
  expect(heard).toEqual([1, 2]);
  watch.cancel();
  ads.close();
  client.close();
  await stopped;
});

test.each(["v1", "v1alpha"])(
  "reflection %s lists every service and knows its messages, and those inside an Any",
  async (version) => {
    const answer = await reflect(version, text(ASK.list, "*"));
    const services = (answer.get(ANSWER.list) ?? []).flatMap((list) => fields(list).get(1) ?? []);
    const names = services.map((service) => Buffer.from(fields(service).get(1)?.[0] ?? []).toString());
    expect(names).toEqual(
      expect.arrayContaining([
        "envoy.service.discovery.v3.AggregatedDiscoveryService",
        "envoy.service.endpoint.v3.EndpointDiscoveryService",
        "envoy.service.status.v3.ClientStatusDiscoveryService",
        "envoy.service.load_stats.v3.LoadReportingService",
        "grpc.health.v1.Health",
      ]),
    );
    for (const symbol of [...names, "envoy.config.endpoint.v3.ClusterLoadAssignment"]) {
      const found = await reflect(version, text(ASK.symbol, symbol));
      expect([symbol, found.has(ANSWER.files)]).toEqual([symbol, true]);
    }
  },
);

test("reflection survives names that are no symbols", async () => {
  for (const symbol of ["", "nobody", "__proto__", "constructor", "toString"]) {
    const answer = await reflect("v1", text(ASK.symbol, symbol));
    expect(answer.has(ANSWER.files) && answer.has(ANSWER.error)).toBe(false);
  }
  expect(await check("")).toBe(1);
});
