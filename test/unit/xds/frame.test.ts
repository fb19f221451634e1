import { describe, expect, test } from "@jest/globals";
import { DeltaDiscoveryResponse, DiscoveryResponse } from "../../../src/gen/envoy/service/discovery/v3/discovery.js";
import { FrameFactory, type FrameSpec } from "../../../src/xds/frame.js";
import { Resource } from "../../../src/xds/resource.js";

const typeUrl = "type.googleapis.com/example.Thing";
const resource = (name: string, size: number): Resource =>
  new Resource({ typeUrl, name, bytes: Buffer.alloc(size, name) });
const spec = (over: Partial<FrameSpec>): FrameSpec => ({
  variant: "sotw",
  typeUrl,
  versionInfo: "v1",
  resources: [],
  removed: [],
  ...over,
});

describe("FrameFactory", () => {
  const sizes = [0, 1, 127, 128, 16_383, 16_384, 70_000];
  const resources = sizes.map((size) => resource(`thing-${size}-é`, size));

  test("writes a gRPC frame that the generated decoder reads as the same DiscoveryResponse", () => {
    const { framed, message, nonce } = new FrameFactory().frame(spec({ resources }), 0);
    expect([framed[0], framed.readUInt32BE(1)]).toEqual([0, message.length]);
    expect(DiscoveryResponse.decode(message)).toEqual(
      DiscoveryResponse.create({
        versionInfo: "v1",
        typeUrl,
        nonce: String(nonce),
        resources: resources.map(({ bytes }) => ({ typeUrl, value: Buffer.from(bytes) })),
      }),
    );
  });

  test("writes the same for delta, with versions, names and removals", () => {
    const removed = ["gone", "ö".repeat(100)];
    const { message, nonce } = new FrameFactory().frame(spec({ variant: "delta", resources, removed }), 0);
    expect(DeltaDiscoveryResponse.decode(message)).toEqual(
      DeltaDiscoveryResponse.create({
        systemVersionInfo: "v1",
        typeUrl,
        nonce: String(nonce),
        removedResources: removed,
        resources: resources.map(({ name, version, bytes }) => ({
          name,
          version,
          resource: { typeUrl, value: Buffer.from(bytes) },
        })),
      }),
    );
  });

  test("leaves out empty fields as proto3 does", () => {
    const { message } = new FrameFactory().frame(spec({ versionInfo: "" }), 0);
    const { nonce } = DiscoveryResponse.decode(message);
    const canonical = DiscoveryResponse.encode(DiscoveryResponse.create({ typeUrl, nonce })).finish();
    expect(message.equals(canonical)).toBe(true);
  });

  test("shares one buffer between streams with the same answer", () => {
    const frames = new FrameFactory();
    const [a, b] = [resource("a", 10), resource("b", 10)];
    const first = frames.frame(spec({ resources: [a, b] }), 0);
    expect(frames.frame(spec({ resources: [a, b] }), 0)).toBe(first);
    expect(frames.frame(spec({ resources: [a] }), 0)).not.toBe(first);
    expect(frames.frame(spec({ resources: [a], versionInfo: "v2" }), 0).nonce).toBe(3);
    const delta = frames.frame(spec({ variant: "delta", resources: [a] }), 0);
    expect(frames.frame(spec({ variant: "delta", resources: [a], removed: ["x"] }), 0)).not.toBe(delta);
  });

  test("makes a fresh frame for a stream that has seen the nonce, and shares it from then on", () => {
    const frames = new FrameFactory();
    const resources = [resource("a", 10)];
    const first = frames.frame(spec({ resources }), 0);
    const second = frames.frame(spec({ resources }), first.nonce);
    expect(second.nonce).toBeGreaterThan(first.nonce);
    expect(frames.frame(spec({ resources }), first.nonce)).toBe(second);
  });
});
