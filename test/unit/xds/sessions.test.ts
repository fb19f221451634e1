// What the conformance tests cannot see over gRPC: exact responses of the state machines, sharing, limits.
import { describe, expect, test } from "@jest/globals";
import { StreamError, TYPE_URLS } from "../../../src/xds/index.js";
import type { DeltaRequest, SotwRequest } from "../../../src/xds/request.js";
import { AUDIENCE, deltaRequest, SessionRig, sotwRequest } from "../../harness/session-rig.js";
import { namedBytes } from "../../harness/xds-messages.js";

const { cluster, endpoint, route } = TYPE_URLS;

function put(rig: SessionRig, typeUrl: string, contents: Record<string, string>): void {
  const upsert = Object.entries(contents).map(([name, text]) => ({ typeUrl, name, bytes: namedBytes(name, text) }));
  rig.cache.apply(AUDIENCE, { upsert });
}

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `n${index}`);

describe("sharing", () => {
  test("streams with the same answer get the same buffer", () => {
    const rig = new SessionRig();
    put(rig, cluster, { A: "1", B: "1" });
    put(rig, endpoint, { A: "1" });
    const frames = [rig.sotw(), rig.sotw()].map(({ session }) => {
      session.receive(sotwRequest({ typeUrl: cluster, names: [] }), 0);
      session.receive(sotwRequest({ typeUrl: endpoint, names: ["A"] }), 0);
      return [session.next(0)?.framed, session.next(0)?.framed];
    });
    expect(frames[0]?.[0]).toBeInstanceOf(Buffer);
    expect(frames[1]?.[0]).toBe(frames[0]?.[0]);
    expect(frames[1]?.[1]).toBe(frames[0]?.[1]);
  });

  test("after a push and a forced resend they still do", () => {
    const rig = new SessionRig();
    const refs = [{ typeUrl: endpoint, name: "A" }];
    put(rig, endpoint, { A: "1" });
    rig.cache.apply(AUDIENCE, { upsert: [{ typeUrl: cluster, name: "A", bytes: namedBytes("A", "1"), refs }] });
    const sessions = [rig.delta(), rig.delta(), rig.delta()].map(({ session }) => session);
    for (const session of sessions) {
      session.receive(deltaRequest({ typeUrl: cluster }), 0);
      session.receive(deltaRequest({ typeUrl: endpoint, subscribe: ["A"] }), 0);
      for (let draft = session.next(0); draft; draft = session.next(0)) {
        session.receive(deltaRequest({ typeUrl: draft.typeUrl, nonce: draft.nonce }), 0);
      }
    }
    rig.cache.apply(AUDIENCE, { upsert: [{ typeUrl: cluster, name: "A", bytes: namedBytes("A", "2"), refs }] });
    const pushed = sessions.map((session) => [session.next(0), session.next(0)].map((draft) => draft?.framed));
    expect(pushed[0]).toHaveLength(2);
    expect(new Set(pushed.map(([clusters]) => clusters)).size).toBe(1);
    expect(new Set(pushed.map(([, endpoints]) => endpoints)).size).toBe(1);
  });
});

describe("waking", () => {
  test("36: a change wakes only the streams that subscribe to the name", () => {
    const rig = new SessionRig();
    const woken: string[] = [];
    const interests = ["A", "B"].map((name) => {
      const watcher = { touch: () => woken.push(name), forget: () => undefined };
      const interest = rig.index.interestOf(AUDIENCE, watcher);
      interest.watch(endpoint, name);
      return interest;
    });
    put(rig, endpoint, { A: "1" });
    expect(woken).toEqual(["A"]);
    interests[0]?.unwatch(endpoint, "A");
    put(rig, endpoint, { A: "2", B: "1" });
    expect(woken).toEqual(["A", "B"]);
  });
});

describe("bounds", () => {
  test("a pipeline of endpoints is no longer than allowed", () => {
    const rig = new SessionRig({ maxInFlight: 5, firstBatchBytes: 0 });
    const many = names(12);
    put(rig, endpoint, Object.fromEntries(many.map((name) => [name, "1"])));
    const client = rig.sotw();
    client.session.receive(sotwRequest({ typeUrl: endpoint, names: many }), 0);
    const first = client.pullAll();
    expect(first).toHaveLength(5);
    client.session.receive(sotwRequest({ typeUrl: endpoint, nonce: first[1]?.nonce ?? "" }), 0);
    expect(client.pullAll()).toHaveLength(2);
  });

  test("large responses are split where the protocol allows it", () => {
    const rig = new SessionRig({ maxResponseBytes: 1_000 });
    put(rig, route, Object.fromEntries(names(10).map((name) => [name, "x".repeat(400)])));
    for (const client of [rig.delta(), rig.sotw()]) {
      const request = { typeUrl: route, names: names(10), subscribe: names(10) };
      client.session.receive({ ...sotwRequest(request), ...deltaRequest(request) }, 0);
      const sizes: number[] = [];
      for (let response = client.pull(); response; response = client.pull()) {
        sizes.push(response.names.length);
        const answer = { typeUrl: route, nonce: response.nonce };
        client.session.receive({ ...deltaRequest(answer), ...sotwRequest(answer) }, 0);
      }
      expect(sizes).toEqual([2, 2, 2, 2, 2]);
    }
  });

  test("types and names per stream are limited", () => {
    const rig = new SessionRig({ maxTypesPerStream: 2, maxNamesPerType: 3 });
    const { session } = rig.delta();
    session.receive(deltaRequest({ typeUrl: cluster, subscribe: ["a", "b"] }), 0);
    session.receive(deltaRequest({ typeUrl: endpoint, subscribe: ["a"] }), 0);
    expect(() => session.receive(deltaRequest({ typeUrl: route }), 0)).toThrow(StreamError);
    expect(() => session.receive(deltaRequest({ typeUrl: cluster, subscribe: ["c", "d"] }), 0)).toThrow(StreamError);
    session.close();
    expect(rig.index.size).toBe(0);
  });
});

describe("status", () => {
  test("NOT_SENT, STALE, SYNCED, NACKED and back", () => {
    const rig = new SessionRig();
    const { session, pull } = rig.sotw();
    const state = (): unknown => session.status()[0]?.state;
    session.receive(sotwRequest({ typeUrl: route, names: ["A"] }), 0);
    expect(state()).toBe("NOT_SENT");
    put(rig, route, { A: "1" });
    const first = pull();
    expect(state()).toBe("STALE");
    session.receive(sotwRequest({ typeUrl: route, nonce: first?.nonce ?? "" }), 0);
    expect(state()).toBe("SYNCED");
    put(rig, route, { A: "2" });
    const error = { message: "no", atMs: 1 };
    expect(session.receive(sotwRequest({ typeUrl: route, nonce: pull()?.nonce ?? "", error }), 30)).toEqual({
      kind: "nack",
      latencyMs: 30,
      error,
      names: ["A"],
    });
    expect(session.status()[0]).toMatchObject({ state: "NACKED", error: { message: "no", resources: ["A"] } });
    put(rig, route, { A: "3" });
    const third = pull();
    expect(state()).toBe("STALE");
    session.receive(sotwRequest({ typeUrl: route, nonce: third?.nonce ?? "" }), 0);
    expect(session.status()[0]).toMatchObject({ state: "SYNCED", error: undefined });
  });
});

describe("names the same as before", () => {
  test("a request may say so instead of listing them", () => {
    const rig = new SessionRig();
    put(rig, endpoint, { A: "1", B: "1" });
    const { session, pullAll } = rig.sotw();
    session.receive(sotwRequest({ typeUrl: endpoint, names: ["A", "B"] }), 0);
    for (const { nonce } of pullAll()) session.receive(sotwRequest({ typeUrl: endpoint, nonce }), 0);
    put(rig, endpoint, { B: "2" });
    expect(pullAll().map((response) => response.names)).toEqual([["B"]]);
  });
});

describe("a refused response that was applied in part", () => {
  test.each(["sotw", "delta"] as const)("what differs from it is a change too: endpoints follow [%s]", (variant) => {
    const rig = new SessionRig();
    const { session, pullAll } = rig[variant]();
    const receive = (fields: Partial<SotwRequest & DeltaRequest> & { readonly typeUrl: string }): unknown =>
      session.receive({ ...deltaRequest(fields), ...sotwRequest(fields) }, 0);
    const clusters = (a: string, b: string): void =>
      rig.cache.apply(AUDIENCE, {
        upsert: Object.entries({ A: a, B: b }).map(([name, text]) => ({
          typeUrl: cluster,
          name,
          bytes: namedBytes(name, text),
          refs: [{ typeUrl: endpoint, name }],
        })),
      });
    put(rig, endpoint, { A: "1", B: "1" });
    clusters("1", "1");
    receive({ typeUrl: cluster, names: [] });
    receive({ typeUrl: endpoint, names: ["A", "B"], subscribe: ["A", "B"] });
    for (const { typeUrl, nonce } of pullAll()) receive({ typeUrl, nonce });
    clusters("2", "bad");
    for (const { typeUrl, nonce } of pullAll()) {
      receive({ typeUrl, nonce, ...(typeUrl === cluster ? { error: { message: "B", atMs: 0 } } : {}) });
    }
    clusters("1", "1"); // Envoy has applied A in its second form, and warms again now
    const after = pullAll();
    expect(after.map(({ typeUrl }) => typeUrl)).toEqual([cluster, endpoint, endpoint]);
  });

  test("a client that comes back with what there is has no need of a response, and is SYNCED", () => {
    const rig = new SessionRig();
    put(rig, route, { A: "1" });
    const version = rig.cache.get(AUDIENCE, route, "A")?.version ?? "";
    for (const [held, state] of [
      [version, "SYNCED"],
      ["older", "NOT_SENT"],
    ] as const) {
      const { session, pull } = rig.delta();
      session.receive(deltaRequest({ typeUrl: route, subscribe: ["A"], initialVersions: new Map([["A", held]]) }), 0);
      if (state === "SYNCED") expect(pull()).toBeUndefined();
      expect(session.status()[0]).toMatchObject({ state, sentVersion: undefined });
      session.close();
    }
  });
});
