// Lists that many streams ask for: greeted with one response, and from then on each stream goes its own way.
import { describe, expect, test } from "@jest/globals";
import { TYPE_URLS } from "../../../src/xds/index.js";
import type { SotwRequest } from "../../../src/xds/request.js";
import { RecentNames, SharedNames } from "../../../src/xds/shared-names.js";
import { AUDIENCE, type RiggedSession, SessionRig, sotwRequest } from "../../harness/session-rig.js";
import { namedBytes } from "../../harness/xds-messages.js";

const { endpoint, listener } = TYPE_URLS;
const shared = (...names: readonly string[]): SharedNames => new SharedNames(names, Buffer.from(names.join()));
const error = { message: "no", atMs: 0 };

function rigged() {
  const rig = new SessionRig();
  const put = (contents: Record<string, string>, typeUrl: string = endpoint): void =>
    rig.cache.apply(AUDIENCE, {
      upsert: Object.entries(contents).map(([name, text]) => ({ typeUrl, name, bytes: namedBytes(name, text) })),
    });
  put({ A: "1", B: "1" });
  const list = shared("A", "B", "C");
  const connect = () => {
    const client = rig.sotw();
    client.session.receive(sotwRequest({ typeUrl: endpoint, names: list }), 0);
    return client;
  };
  return { rig, put, list, connect };
}

type Client = RiggedSession<SotwRequest>;

const answer = ({ session }: Client, nonce: string, rest: Partial<SotwRequest> = {}): void => {
  session.receive(sotwRequest({ typeUrl: endpoint, nonce, ...rest }), 0);
};
const pulled = (client: Client) => client.pullAll().map(({ names, nonce }) => ({ names, nonce }));

function greeted({ connect }: ReturnType<typeof rigged>): Client {
  const client = connect();
  answer(client, client.pull()?.nonce ?? "");
  return client;
}

describe("a shared list", () => {
  test("is answered with the same buffer, made of what exists when it is written", () => {
    const { put, connect } = rigged();
    const clients = [connect(), connect()];
    put({ B: "2", C: "1" });
    const drafts = clients.map(({ session }) => session.next(0));
    expect(drafts[0]?.resources).toBe(3);
    expect(drafts[1]?.framed).toBe(drafts[0]?.framed);
  });

  test("a change wakes every stream that asked for it, and no other", () => {
    const parts = rigged();
    const [first, second] = [greeted(parts), greeted(parts)];
    const other = parts.rig.sotw();
    other.session.receive(sotwRequest({ typeUrl: endpoint, names: ["X"] }), 0);
    other.pullAll();
    parts.put({ C: "1" });
    for (const client of [first, second]) expect(pulled(client)).toMatchObject([{ names: ["C"] }]);
    expect(other.session.quiet).toBe(true);
  });

  test("a name that changes while the greeting is unanswered waits for the answer", () => {
    const { put, connect } = rigged();
    const client = connect();
    const nonce = client.pull()?.nonce ?? "";
    put({ A: "2" });
    expect(client.pullAll()).toEqual([]);
    answer(client, nonce);
    expect(pulled(client)).toMatchObject([{ names: ["A"] }]);
  });

  test("a name that is dropped and asked for again is sent again", () => {
    const parts = rigged();
    const client = greeted(parts);
    answer(client, "", { names: shared("B", "C") });
    expect(client.pullAll()).toEqual([]);
    answer(client, "", { names: ["A", "B", "C"] });
    expect(pulled(client)).toMatchObject([{ names: ["A"] }]);
  });

  test("a refused greeting is sent again in parts, so that the offender is found", () => {
    const { connect } = rigged();
    const client = connect();
    answer(client, client.pull()?.nonce ?? "", { error });
    const parts = pulled(client);
    expect(parts.map(({ names }) => names)).toEqual([["A"], ["B"]]);
    answer(client, parts[0]?.nonce ?? "");
    answer(client, parts[1]?.nonce ?? "", { error });
    expect(client.pullAll()).toEqual([]);
    expect(client.session.status()[0]?.error?.resources).toEqual(["B"]);
  });

  test("what became of each name is told as if it had been sent alone", () => {
    const { connect } = rigged();
    const client = connect();
    const states = () =>
      Object.fromEntries([...(client.session.resources()[0]?.resources ?? [])].map((each) => [each.name, each.state]));
    expect(states()).toEqual({ A: "REQUESTED", B: "REQUESTED", C: "REQUESTED" });
    const nonce = client.pull()?.nonce ?? "";
    expect(states()).toEqual({ A: "SENT", B: "SENT", C: "REQUESTED" });
    answer(client, nonce);
    expect(states()).toEqual({ A: "ACKED", B: "ACKED", C: "REQUESTED" });
  });

  test("nothing is left in the index, whatever lists come one after the other", () => {
    const { rig, list } = rigged();
    for (const names of [list, ["A", "B"], list, shared("A", "D"), shared("*", "A"), ["A"], []]) {
      const client = rig.sotw();
      for (const typeUrl of [endpoint, listener]) {
        client.session.receive(sotwRequest({ typeUrl, names: list }), 0);
        client.session.receive(sotwRequest({ typeUrl, names }), 0);
        client.session.receive(sotwRequest({ typeUrl, names: ["A"] }), 0);
        client.session.receive(sotwRequest({ typeUrl, names }), 0);
      }
      client.close();
      expect(rig.index.size).toBe(0);
    }
  });
});

describe("RecentNames", () => {
  test("finds a list by its bytes, wherever they are in the request", () => {
    const recent = new RecentNames();
    const list = shared("A", "B");
    recent.add(list);
    const find = (text: string) => recent.startingAt(Buffer.from(text), 2);
    expect(["..A,B", "..A,B..."].map(find)).toEqual([list, list]);
    expect(recent.find(Buffer.from("..A,B..."), 2, 5)).toBe(list);
    expect(recent.find(Buffer.from("..A,B..."), 2, 6)).toBeUndefined();
    expect(["..A,C...", "...A,B", "..A,", ".."].map(find)).toEqual([undefined, undefined, undefined, undefined]);
  });

  test("forgets those that were not asked for lately", () => {
    const recent = new RecentNames();
    const lists = Array.from({ length: 40 }, (_, index) => shared(`n${index}`));
    const find = (list: SharedNames | undefined) => list && recent.startingAt(list.encoded, 0);
    for (const list of lists) {
      recent.add(list);
      expect(find(lists[0])).toBe(lists[0]);
    }
    expect(find(lists[1])).toBeUndefined();
    expect(find(lists[39])).toBe(lists[39]);
  });
});
