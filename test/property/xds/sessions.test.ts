// Any course of events ends well: random subscriptions, answers, refusals, cache changes, slow reading and reconnects, and
// once all is quiet the client holds exactly what it should. The rules that hold of every single response are in the
// simulated client.
import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { TYPE_URLS } from "../../../src/xds/type-rules.js";
import { AUDIENCE, SessionRig } from "../../harness/session-rig.js";
import { namedBytes } from "../../harness/xds-messages.js";
import { COLLECTION, type Sharing, SimulatedClient } from "./simulated-client.js";

const { cluster, endpoint, listener, route } = TYPE_URLS;
const TYPES = [cluster, endpoint, listener, route];
const NAMES = ["a", "b", "c", COLLECTION.replace("*", "x"), COLLECTION.replace("*", "y")];
const TTL_MS = 3_000;
const TTL_FEATURES = ["xds.config.supports-resource-ttl", "xds.config.supports-resource-in-sotw"];
const CHILD = new Map<string, string>([
  [cluster, endpoint],
  [listener, route],
]);

interface Change {
  readonly typeUrl: string;
  readonly name: string;
  readonly content: string;
  readonly ttl: boolean;
}

type Op =
  | { readonly op: "subscribe" | "unsubscribe"; readonly typeUrl: string; readonly names: readonly string[] }
  | { readonly op: "apply"; readonly changes: readonly Change[] }
  | { readonly op: "replace"; readonly changes: readonly Change[]; readonly typeVersion: string | undefined }
  | { readonly op: "restore" }
  | { readonly op: "wait"; readonly ms: number }
  | { readonly op: "read"; readonly count: number }
  | { readonly op: "answer"; readonly typeUrl: string; readonly folded: boolean }
  | { readonly op: "repeat"; readonly typeUrl: string }
  | { readonly op: "reconnect" }
  | { readonly op: "settle" };

const typeUrl = fc.constantFrom(...TYPES);
const someNames = fc.subarray(["*", COLLECTION, ...NAMES]);
/** `-` removes. */
const content = fc.constantFrom("1", "2", "3", "-", "bad");
const ttl = fc.boolean();
const change: fc.Arbitrary<Change> = fc.record({ typeUrl, name: fc.constantFrom(...NAMES), content, ttl });
const changes = fc.array(change, { maxLength: 5 });
const typeVersion = fc.constantFrom(undefined, "v1", "v2");

const sharing = fc.constantFrom<Sharing>("none", "all", "every other");

const anyOp: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ op: fc.constant("subscribe" as const), typeUrl, names: someNames }),
  fc.record({ op: fc.constant("unsubscribe" as const), typeUrl, names: someNames }),
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constant("apply" as const), changes }),
  },
  fc.record({ op: fc.constant("replace" as const), changes, typeVersion }),
  fc.record({ op: fc.constant("restore" as const) }),
  fc.record({ op: fc.constant("wait" as const), ms: fc.constantFrom(1, TTL_MS / 3, TTL_MS) }),
  { weight: 3, arbitrary: fc.record({ op: fc.constant("read" as const), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant("answer" as const), typeUrl, folded: fc.boolean() }) },
  fc.record({ op: fc.constant("repeat" as const), typeUrl }),
  fc.record({ op: fc.constant("reconnect" as const) }),
  fc.record({ op: fc.constant("settle" as const) }),
);

/** Names that only wildcard types understand are taken out for the others. */
const understood = (type: string, names: readonly string[]): readonly string[] =>
  type === cluster || type === listener ? names : names.filter((name) => name !== "*");

function run(rig: SessionRig, client: SimulatedClient, op: Op): void {
  switch (op.op) {
    case "subscribe":
      client.subscribe(op.typeUrl, understood(op.typeUrl, op.names));
      return;
    case "unsubscribe":
      client.unsubscribe(op.typeUrl, understood(op.typeUrl, op.names));
      return;
    case "apply": {
      const latest = new Map(op.changes.map((each) => [`${each.typeUrl} ${each.name}`, each]));
      const changes = [...latest.values()];
      for (const each of changes) client.changed(each.typeUrl);
      rig.cache.apply(AUDIENCE, {
        upsert: changes.filter((each) => each.content !== "-").map((each) => resource(each)),
        remove: changes.filter((each) => each.content === "-"),
      });
      return;
    }
    case "replace": {
      // One type as a whole, with or without a version of the caller's own.
      const type = op.changes[0]?.typeUrl ?? cluster;
      const kept = op.changes.filter((each) => each.typeUrl === type && each.content !== "-");
      client.changed(type);
      rig.cache.replace(
        AUDIENCE,
        type,
        kept.map(resource),
        op.typeVersion === undefined ? {} : { typeVersion: op.typeVersion },
      );
      return;
    }
    case "restore":
      restore(rig, client);
      return;
    case "wait":
      rig.nowMs += op.ms;
      return;
    case "read":
      client.read(op.count);
      return;
    case "answer":
      client.answer(op.typeUrl, op.folded);
      return;
    case "repeat":
      client.repeat(op.typeUrl);
      return;
    case "reconnect":
      client.reconnect();
      return;
    case "settle":
      client.settle(300);
      return;
  }
}

/** The audience is cleared and filled again with the same: nothing that a client should notice which is up to date. */
function restore(rig: SessionRig, client: SimulatedClient): void {
  client.settle(300);
  const upsert = TYPES.flatMap((type) => rig.cache.snapshot(AUDIENCE, type).resources).map(
    ({ typeUrl: type, name, bytes, refs, ttlMs }) => ({
      typeUrl: type,
      name,
      bytes,
      refs,
      ...(ttlMs === undefined ? {} : { ttlMs }),
    }),
  );
  for (const type of TYPES) client.changed(type); // what was refused is forgotten with what refused it
  rig.cache.clear(AUDIENCE);
  rig.cache.apply(AUDIENCE, { upsert });
}

function resource(each: Change) {
  const child = CHILD.get(each.typeUrl);
  return {
    typeUrl: each.typeUrl,
    name: each.name,
    bytes: namedBytes(each.name, each.content),
    refs: child === undefined ? [] : [{ typeUrl: child, name: each.name }],
    ...(each.ttl ? { ttlMs: TTL_MS } : {}),
  };
}

/** Removed and put back as it was while the client was away: nothing to send, but its TTL runs on. */
const GONE_AND_BACK: Op[] = [
  { op: "apply", changes: [{ typeUrl: cluster, name: "a", content: "2", ttl: true }] },
  { op: "subscribe", typeUrl: cluster, names: [] },
  { op: "read", count: 1 },
  { op: "replace", changes: [], typeVersion: undefined },
  { op: "reconnect" },
  { op: "apply", changes: [{ typeUrl: cluster, name: "a", content: "2", ttl: true }] },
];

const MEMBER = COLLECTION.replace("*", "y");

/** Removed while it was not subscribed, subscribed again while another type has something to send: it must go all the same. */
const LEAVING_WHEN_ASKED_AGAIN: Op[] = [
  { op: "apply", changes: [{ typeUrl: cluster, name: MEMBER, content: "1", ttl: false }] },
  { op: "subscribe", typeUrl: cluster, names: [MEMBER] },
  { op: "read", count: 1 },
  { op: "apply", changes: [{ typeUrl: route, name: MEMBER, content: "1", ttl: false }] },
  { op: "unsubscribe", typeUrl: cluster, names: [MEMBER] },
  { op: "replace", changes: [], typeVersion: undefined },
  { op: "subscribe", typeUrl: cluster, names: [MEMBER] },
  { op: "subscribe", typeUrl: route, names: [MEMBER] },
];

/** Sent alone, then again with one that is refused, then alone once more: that must not be the same response. */
const REFUSED_TOGETHER: Op[] = [
  {
    op: "apply",
    changes: [
      { typeUrl: endpoint, name: "c", content: "1", ttl: false },
      { typeUrl: cluster, name: "c", content: "1", ttl: false },
    ],
  },
  { op: "apply", changes: [{ typeUrl: endpoint, name: "a", content: "bad", ttl: false }] },
  { op: "subscribe", typeUrl: endpoint, names: ["c"] },
  { op: "read", count: 1 },
  { op: "subscribe", typeUrl: cluster, names: [] },
  { op: "read", count: 1 },
  { op: "subscribe", typeUrl: endpoint, names: ["a"] },
];

describe.each([
  ["sotw", []],
  ["delta", []],
  ["sotw", TTL_FEATURES],
  ["delta", TTL_FEATURES],
] as const)("%s sessions of a client with features %j", (variant, features) => {
  test("whatever happens, once all is quiet the client holds what the cache says, and nothing is left behind", () => {
    fc.assert(
      fc.property(
        fc.array(anyOp, { maxLength: 60, size: "max" }),
        fc.boolean(),
        sharing,
        (ops, firstTogether, shares) => {
          const rig = new SessionRig({ maxInFlight: 3, firstBatchBytes: firstTogether ? 1 << 20 : 0 }, features);
          const client = new SimulatedClient(variant, rig, { firstTogether, sharing: shares });
          for (const op of ops) run(rig, client, op);
          client.settle(300);
          // TTLs are kept up for as long as the client reads.
          for (let third = 0; third < 4; third++) {
            rig.nowMs += TTL_MS / 3;
            client.settle(300);
          }
          expect(client.differences()).toEqual([]);
          // Each response needs a cause: an event, a name in it, or a parent that was sent.
          expect(client.responses).toBeLessThan(30 * (ops.length + 1));
          client.close();
          expect(rig.index.size).toBe(0);
        },
      ),
      {
        numRuns: 800,
        examples: [
          [GONE_AND_BACK, false, "none"],
          [LEAVING_WHEN_ASKED_AGAIN, false, "none"],
          [REFUSED_TOGETHER, true, "none"],
        ],
      },
    );
  });
});
