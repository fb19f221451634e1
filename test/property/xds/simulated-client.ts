// A client that behaves as the protocol says, for model tests: applies what it accepts, refuses content that says "bad",
// and checks on every response what must hold of any response.

import type { DeltaRequest, SotwRequest } from "../../../src/xds/request.js";
import { RecentNames, SharedNames } from "../../../src/xds/shared-names.js";
import { TYPE_URLS } from "../../../src/xds/type-rules.js";
import { AUDIENCE, deltaRequest, type RiggedSession, type SessionRig, sotwRequest } from "../../harness/session-rig.js";
import { contentOf, type XdsResponse, type XdsVariant } from "../../harness/xds-messages.js";

const { cluster, endpoint, listener } = TYPE_URLS;
const FULL_STATE: readonly string[] = [cluster, listener];

/** A collection, and where its members are. */
export const COLLECTION = "xdstp://authority/type/path/*";
const DIRECTORY = COLLECTION.slice(0, -1);

interface Held {
  readonly content: string;
  readonly version: string;
  readonly ttlMs: number | undefined;
  /** When it was last sent or confirmed. */
  readonly heardMs: number;
}

interface Unanswered {
  readonly response: XdsResponse;
  readonly accepted: boolean;
  /** The subscription changed after it came and before it was answered, so that it may come again. */
  overtaken: boolean;
}

interface ClientType {
  started: boolean;
  /** Legacy or explicit wildcard. */
  all: boolean;
  explicitAll: boolean;
  readonly names: Set<string>;
  readonly held: Map<string, Held>;
  readonly unanswered: Unanswered[];
  lastNonce: string;
  /** `version_info` of the last response that was accepted; `undefined`: the server may think otherwise. */
  acceptedVersion: string | undefined;
}

const covers = ({ all, names }: ClientType, name: string): boolean =>
  all || names.has(name) || (names.has(COLLECTION) && name.startsWith(DIRECTORY) && name !== COLLECTION);

/** Of which requests the server takes the names for a list that other streams ask for too. */
export type Sharing = "none" | "all" | "every other";

const REFUSED = { message: "bad", atMs: 0 };

export class SimulatedClient {
  readonly variant: XdsVariant;
  readonly #rig: SessionRig;
  /** The server may send a client's first assignments in one response. */
  readonly #firstTogether: boolean;
  readonly #sharing: Sharing;
  readonly #recent = new RecentNames();
  #requests = 0;
  readonly #types = new Map<string, ClientType>();
  /** Clusters that were accepted changed and whose endpoints have not come since. */
  readonly #warming = new Set<string>();
  /** Responses refused since the type's content or subscription last changed: none of them may come again. */
  readonly #refused = new Map<string, Set<string>>();
  #nonces = new Set<string>();
  #sotw: RiggedSession<SotwRequest> | undefined;
  #delta: RiggedSession<DeltaRequest> | undefined;
  responses = 0;

  constructor(
    variant: XdsVariant,
    rig: SessionRig,
    { firstTogether, sharing }: { readonly firstTogether: boolean; readonly sharing: Sharing },
  ) {
    this.#sharing = sharing;
    this.variant = variant;
    this.#rig = rig;
    this.#firstTogether = firstTogether;
    this.#connect();
  }

  /** The content of the type changed. */
  changed(typeUrl: string): void {
    this.#askedAnew(typeUrl, this.#type(typeUrl));
  }

  subscribe(typeUrl: string, names: readonly string[]): void {
    const type = this.#type(typeUrl);
    const first = !type.started;
    type.started = true;
    for (const name of names) {
      if (name === "*") {
        type.all = true;
        type.explicitAll = true;
      } else type.names.add(name);
    }
    const legacy = first && names.length === 0 && FULL_STATE.includes(typeUrl);
    if (legacy) type.all = true;
    if (this.variant === "sotw") {
      // Naming anything ends the legacy wildcard of this variant.
      if (type.all && !type.explicitAll && type.names.size > 0) this.#endWildcard(type);
      this.#sendNames(typeUrl, type);
    } else this.#delta?.session.receive(deltaRequest({ typeUrl, subscribe: names }), 0);
    this.#askedAnew(typeUrl, type);
  }

  unsubscribe(typeUrl: string, names: readonly string[]): void {
    const type = this.#type(typeUrl);
    if (!type.started || (this.variant === "sotw" && type.all && !type.explicitAll)) return;
    for (const name of names) {
      if (name === "*") this.#endWildcard(type);
      else type.names.delete(name);
    }
    for (const name of type.held.keys()) if (!covers(type, name)) this.#drop(typeUrl, name);
    if (this.variant === "sotw") this.#sendNames(typeUrl, type);
    else this.#delta?.session.receive(deltaRequest({ typeUrl, unsubscribe: names }), 0);
    this.#askedAnew(typeUrl, type);
  }

  /** Repeats the last request of the type word by word, as a warming client of this variant does. */
  repeat(typeUrl: string): void {
    const type = this.#type(typeUrl);
    if (this.variant === "sotw" && type.started) this.#sendNames(typeUrl, type);
  }

  /** Takes and applies at most `count` responses in the order of the stream, without answering yet. */
  read(count: number): void {
    for (let i = 0; i < count; i++) {
      const response = (this.#sotw ?? this.#delta)?.pull();
      if (!response) return;
      this.#check(response);
      const type = this.#type(response.typeUrl);
      type.unanswered.push({ response, accepted: this.#apply(type, response), overtaken: false });
      type.lastNonce = response.nonce;
    }
  }

  /** Answers the oldest response of a type; `folded`: one answer for all of them, with the last nonce. */
  answer(typeUrl: string, folded = false): void {
    const type = this.#type(typeUrl);
    const taken = type.unanswered.splice(0, folded && this.variant === "sotw" ? type.unanswered.length : 1);
    const last = taken.at(-1);
    if (!last) return;
    this.#fold(type, taken);
    const { nonce } = last.response;
    const error = this.#verdict(last);
    if (this.variant === "sotw") this.#request(typeUrl, type, nonce, error);
    else this.#delta?.session.receive(deltaRequest({ typeUrl, nonce, error }), 0);
  }

  reconnect(): void {
    (this.#sotw ?? this.#delta)?.close();
    this.#connect();
    // A cluster that was just warming is the one thing that equal versions hide; Envoy then falls back on what it cached.
    if (this.variant === "delta") this.#warming.clear();
    for (const [typeUrl, type] of this.#types) {
      type.unanswered.length = 0;
      type.acceptedVersion = "";
      if (!type.started) continue;
      if (this.variant === "sotw") {
        // A list emptied by unsubscribing would be a wildcard on a new stream.
        if (!type.all && type.names.size === 0) type.started = false;
        else this.#sendNames(typeUrl, type);
        type.lastNonce = "";
        continue;
      }
      const subscribe = [...(type.all ? ["*"] : []), ...type.names];
      if (subscribe.length === 0) {
        type.started = false;
        type.held.clear();
        continue;
      }
      const initialVersions = new Map([...type.held].map(([name, { version }]) => [name, version]));
      this.#delta?.session.receive(deltaRequest({ typeUrl, subscribe, initialVersions }), 0);
    }
  }

  /** Reads and answers until the server is silent. */
  settle(limit: number): void {
    for (let turn = 0; turn < limit; turn++) {
      this.read(1);
      const waiting = [...this.#types].find(([, { unanswered }]) => unanswered.length > 0);
      if (!waiting) return;
      this.answer(waiting[0]);
    }
    throw new Error(`still not silent after ${limit} responses`);
  }

  /** Differences between what the client holds and what it should hold; empty when all is well. */
  differences(): readonly string[] {
    const found: string[] = [];
    for (const [typeUrl, type] of this.#types) {
      const wanted = [...this.#rig.cache.names(AUDIENCE, typeUrl)].filter((name) => covers(type, name));
      const serve = (name: string): string =>
        contentOf(this.#rig.cache.get(AUDIENCE, typeUrl, name)?.bytes ?? Buffer.of());
      const alone = typeUrl === endpoint;
      // Full state goes as a whole or not at all: there one bad resource holds back the others.
      const whole = this.variant === "sotw" && FULL_STATE.includes(typeUrl);
      if (whole && wanted.some((name) => serve(name) === "bad")) continue;
      for (const name of wanted) {
        if (serve(name) !== "bad" && type.held.get(name)?.content !== serve(name)) {
          found.push(`${typeUrl} ${name}: holds ${type.held.get(name)?.content}, should hold ${serve(name)}`);
        }
        const { ttlMs, heardMs } = type.held.get(name) ?? { ttlMs: undefined, heardMs: 0 };
        // What was refused since is left to expire: its successor cannot be confirmed.
        if (serve(name) !== "bad" && ttlMs !== undefined && this.#rig.nowMs >= heardMs + ttlMs)
          found.push(`${typeUrl} ${name}: its TTL ran out`);
        if (alone && this.#warming.has(name) && serve(name) !== "bad") found.push(`cluster ${name} still warms`);
      }
      const knowsRemovals = this.variant === "delta" || FULL_STATE.includes(typeUrl);
      for (const name of knowsRemovals ? type.held.keys() : []) {
        if (!wanted.includes(name)) found.push(`${typeUrl} ${name} is gone or unwanted, but held`);
      }
    }
    return found;
  }

  close(): void {
    (this.#sotw ?? this.#delta)?.close();
  }

  #connect(): void {
    this.#nonces = new Set();
    this.#refused.clear();
    if (this.variant === "sotw") this.#sotw = this.#rig.sotw();
    else this.#delta = this.#rig.delta();
  }

  #check(response: XdsResponse): void {
    this.responses++;
    const { nonce, typeUrl, names } = response;
    if (this.#nonces.has(nonce)) throw new Error(`nonce ${nonce} twice on one stream`);
    this.#nonces.add(nonce);
    const type = this.#type(typeUrl);
    for (const name of names) if (!covers(type, name)) throw new Error(`${name} was sent but is not subscribed`);
    for (const name of response.heartbeats) this.#checkHeartbeat(type, name, response);
    const content = type.unanswered.filter(({ response: earlier }) => earlier.heartbeats.length === 0);
    const isHeartbeat = response.heartbeats.length > 0;
    if (isHeartbeat && type.unanswered.length > content.length) throw new Error("two unanswered heartbeats");
    if (!isHeartbeat && typeUrl !== endpoint && type.unanswered.length > 0)
      throw new Error(`two unanswered responses of ${typeUrl}`);
    if (isHeartbeat) return;
    if (typeUrl !== endpoint) return;
    if (names.length > 1 && !this.#firstTogether) throw new Error("several assignments in one response");
    const flying = content.flatMap(({ response: earlier }) => earlier.names);
    for (const name of names) if (flying.includes(name)) throw new Error(`two unanswered responses for ${name}`);
  }

  /** It confirms what is held, and nothing else: a client takes any other for a change. */
  #checkHeartbeat(type: ClientType, name: string, { versionInfo, versions }: XdsResponse): void {
    const held = type.held.get(name);
    if (this.variant === "sotw" && type.acceptedVersion === undefined) return;
    const same = this.variant === "sotw" ? type.acceptedVersion === versionInfo : held?.version === versions.get(name);
    if (!same) throw new Error(`heartbeat of ${name}, which the client does not hold so`);
  }

  /** Notes what the server is told about a response; a refusal folded into a later answer it never hears of. */
  #verdict({ response, accepted, overtaken }: Unanswered): typeof REFUSED | undefined {
    if (accepted) return undefined;
    if (overtaken) return REFUSED;
    const refused = this.#refused.get(response.typeUrl) ?? new Set();
    this.#refused.set(response.typeUrl, refused.add(keyOf(response)));
    return REFUSED;
  }

  /** False: refused, and nothing applied. */
  #apply(type: ClientType, response: XdsResponse): boolean {
    const { typeUrl, names, resources, versions, removed, ttlsMs, heartbeats } = response;
    for (const name of heartbeats) {
      const held = type.held.get(name);
      if (held) type.held.set(name, { ...held, ttlMs: ttlsMs.get(name), heardMs: this.#rig.nowMs });
    }
    if (heartbeats.length > 0) return true;
    const contents = names.map((name) => [name, contentOf(resources.get(name) ?? Buffer.of())] as const);
    if (contents.some(([, content]) => content === "bad")) {
      const key = keyOf(response);
      if (this.#refused.get(typeUrl)?.has(key)) throw new Error(`refused content was sent again: ${key}`);
      return false;
    }
    if (type.acceptedVersion !== undefined) type.acceptedVersion = response.versionInfo;
    if (this.variant === "sotw" && FULL_STATE.includes(typeUrl)) {
      for (const name of type.held.keys()) if (!resources.has(name)) this.#drop(typeUrl, name);
    }
    for (const name of removed) this.#drop(typeUrl, name);
    for (const [name, content] of contents) {
      if (!covers(type, name)) continue;
      if (typeUrl === cluster && type.held.get(name)?.content !== content) this.#warming.add(name);
      if (typeUrl === endpoint) this.#warming.delete(name);
      const version = versions.get(name) ?? "";
      type.held.set(name, { content, version, ttlMs: ttlsMs.get(name), heardMs: this.#rig.nowMs });
    }
    return true;
  }

  #drop(typeUrl: string, name: string): void {
    this.#type(typeUrl).held.delete(name);
    if (typeUrl === cluster) this.#warming.delete(name);
  }

  #askedAnew(typeUrl: string, type: ClientType): void {
    this.#refused.delete(typeUrl);
    for (const each of type.unanswered) each.overtaken = true;
  }

  #endWildcard(type: ClientType): void {
    type.all = false;
    type.explicitAll = false;
    for (const name of type.held.keys()) if (!covers(type, name)) type.held.delete(name);
  }

  /** A request of this variant always carries the newest nonce, so it answers whatever was still unanswered. */
  #sendNames(typeUrl: string, type: ClientType): void {
    const taken = type.unanswered.splice(0);
    this.#fold(type, taken);
    const last = taken.at(-1);
    this.#request(typeUrl, type, type.lastNonce, last && this.#verdict(last));
  }

  /** A refusal is lost when a later answer stands for it: the server takes the response for accepted. */
  #fold(type: ClientType, taken: readonly Unanswered[]): void {
    if (taken.slice(0, -1).some(({ accepted }) => !accepted)) type.acceptedVersion = undefined;
  }

  #request(typeUrl: string, type: ClientType, nonce: string, error: typeof REFUSED | undefined): void {
    const list = [...(type.explicitAll ? ["*"] : []), ...type.names];
    const shared = this.#sharing === "all" || (this.#sharing === "every other" && this.#requests++ % 2 === 0);
    const names = shared ? this.#shared(list) : list;
    this.#sotw?.session.receive(sotwRequest({ typeUrl, names, nonce, error }), 0);
  }

  #shared(list: readonly string[]): SharedNames {
    const encoded = Buffer.from(JSON.stringify(list));
    const known = this.#recent.startingAt(encoded, 0);
    const names = known ?? new SharedNames(list, encoded);
    if (!known) this.#recent.add(names);
    return names;
  }

  #type(typeUrl: string): ClientType {
    let type = this.#types.get(typeUrl);
    if (!type) {
      type = {
        started: false,
        all: false,
        explicitAll: false,
        names: new Set(),
        held: new Map(),
        unanswered: [],
        lastNonce: "",
        acceptedVersion: "",
      };
      this.#types.set(typeUrl, type);
    }
    return type;
  }
}

const keyOf = ({ names, resources, removed }: XdsResponse): string =>
  JSON.stringify([names.map((name) => [name, contentOf(resources.get(name) ?? Buffer.of())]), removed]);
