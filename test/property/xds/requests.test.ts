// The scanner and the full decoder read the same, and no bytes whatsoever get anything but a status out of either.
import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { DeltaDiscoveryRequest, DiscoveryRequest } from "../../../src/gen/envoy/service/discovery/v3/discovery.js";
import { DEFAULT_LIMITS, StreamError, TYPE_URLS } from "../../../src/xds/index.js";
import { RecentNames, SharedNames } from "../../../src/xds/shared-names.js";
import { decodeDelta, decodeSotw, readDelta, sotwDecoder } from "../../../src/xds/wire-requests.js";

const context = { onlyType: undefined, limits: DEFAULT_LIMITS, wallMs: 0 };
const text = fc.string({ unit: "grapheme", maxLength: 8 });
const names = fc.array(fc.constantFrom("", "a", "b", "é", "x".repeat(200)), { maxLength: 4 });

const sotw = fc
  .record({
    typeUrl: fc.constantFrom("t", "u", TYPE_URLS.endpoint),
    versionInfo: text,
    resourceNames: names,
    responseNonce: text,
    errorDetail: fc.option(fc.record({ code: fc.nat(20), message: text }), { nil: undefined, freq: 5 }),
    node: fc.option(fc.record({ id: text }), { nil: undefined, freq: 5 }),
  })
  .map((request) => Buffer.from(DiscoveryRequest.encode(DiscoveryRequest.create(request)).finish()));

const delta = fc
  .record({
    typeUrl: text,
    resourceNamesSubscribe: names,
    resourceNamesUnsubscribe: names,
    initialResourceVersions: fc.dictionary(text, text, { maxKeys: 3 }),
    responseNonce: text,
  })
  .map((request) => Buffer.from(DeltaDiscoveryRequest.encode(DeltaDiscoveryRequest.create(request)).finish()));

/** Some bytes overwritten, the end cut off or doubled. */
const mutated = (message: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(message, fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 3 }), fc.nat(20), fc.boolean())
    .map(([bytes, writes, cut, doubled]) => {
      const changed = Buffer.concat([bytes, doubled ? bytes : Buffer.alloc(0)]);
      for (const [at, value] of writes) if (at < changed.length) changed[at] = value;
      return changed.subarray(0, Math.max(0, changed.length - (cut > 10 ? cut - 10 : 0)));
    });

function read<T>(task: () => T): T | string {
  try {
    return task();
  } catch (error) {
    if (error instanceof StreamError) return error.message;
    throw error;
  }
}

test("a stream of requests reads the same with and without the memory of names", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 4, arbitrary: sotw }, mutated(sotw)), { maxLength: 8 }), (messages) => {
      const recent = new RecentNames();
      // Another stream has read the same before, or has not.
      const other = sotwDecoder(recent);
      for (const bytes of messages.slice(0, 4)) read(() => other(bytes, context));
      const decode = sotwDecoder(recent);
      const last = new Map<string, readonly string[] | undefined>();
      for (const bytes of messages) {
        const full = read(() => decodeSotw(bytes, context));
        const quick = read(() => decode(bytes, context));
        if (typeof full === "string" || typeof quick === "string") {
          expect(quick).toEqual(full);
          return; // the stream would have ended
        }
        const { typeUrl, names: listed } = quick.request;
        bytes.fill(0); // the socket will
        const remembered = (listed instanceof SharedNames ? listed.list : listed) ?? last.get(typeUrl);
        const { names: all, ...others } = full.request;
        expect({ ...quick, request: { ...quick.request, names: [...new Set(remembered)] } }).toEqual({
          node: full.node,
          request: { ...others, names: [...new Set(all)] },
        });
        last.set(typeUrl, remembered);
      }
    }),
    { numRuns: 3_000 },
  );
});

test("the memory is used: the same names again are not read", () => {
  const decode = sotwDecoder();
  const request = (nonce: string, resourceNames: string[]): Uint8Array =>
    DiscoveryRequest.encode(DiscoveryRequest.create({ typeUrl: "t", responseNonce: nonce, resourceNames })).finish();
  const read = (nonce: string, resourceNames: string[]) => decode(request(nonce, resourceNames), context).request;
  expect(read("1", ["a", "b"]).names).toEqual(["a", "b"]);
  expect(read("2", ["a", "b"])).toMatchObject({ names: undefined, nonce: "2" });
  expect(read("3", ["b", "a"]).names).toEqual(["b", "a"]);
  expect(read("4", []).names).toEqual([]);
});

test("long lists are the same object for all streams, also one that begins as another does", () => {
  const recent = new RecentNames();
  const many = Array.from({ length: 100 }, (_, index) => `cluster-${index}`);
  const read = (resourceNames: string[]) =>
    sotwDecoder(recent)(
      DiscoveryRequest.encode(DiscoveryRequest.create({ typeUrl: "t", resourceNames })).finish(),
      context,
    ).request.names;
  const [all, fewer] = [read(many), read(many.slice(0, 60))];
  expect(all).toBeInstanceOf(SharedNames);
  for (let round = 0; round < 3; round++) {
    expect(read(many)).toBe(all);
    expect(read(many.slice(0, 60))).toBe(fewer);
    expect(read([...many, "one more"])).not.toBe(all);
  }
  expect(fewer instanceof SharedNames && fewer.list).toEqual(many.slice(0, 60));
});

test("a delta request reads the same whether it is scanned or decoded", () => {
  const plain = fc
    .record({ typeUrl: fc.constantFrom("t", TYPE_URLS.endpoint), responseNonce: text })
    .map((request) => Buffer.from(DeltaDiscoveryRequest.encode(DeltaDiscoveryRequest.create(request)).finish()));
  fc.assert(
    fc.property(fc.oneof(plain, mutated(plain), mutated(delta)), (bytes) => {
      expect(read(() => readDelta(bytes, context))).toEqual(read(() => decodeDelta(bytes, context)));
    }),
    { numRuns: 3_000 },
  );
});

test("no bytes crash a decoder", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200, size: "max" }).map((array) => Buffer.from(array)),
    mutated(sotw),
    mutated(delta),
  );
  fc.assert(
    fc.property(bytes, (message) => {
      read(() => sotwDecoder()(message, context));
      read(() => readDelta(message, context));
    }),
    { numRuns: 5_000 },
  );
});
