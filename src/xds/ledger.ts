// What one client holds of one type, name by name, and what must still be sent. Shared by both variants for types whose
// responses carry changes only. Invariants: a name has at most one unanswered response; what is due stays due until its
// newest content was sent, refused as it is, or is no longer wanted.
import type { Receipt } from "./channel.js";
import { InFlight } from "./in-flight.js";
import { Refusals, type Version } from "./refusals.js";
import type { RefusalError } from "./request.js";
import type { Resource } from "./resource.js";
import { type ResourceStatus, requested } from "./resource-status.js";

interface Delivery {
  readonly versionInfo: string;
  readonly sentAtMs: number;
  readonly resources: readonly Resource[];
  readonly removed: readonly string[];
  /** It held suspects of an earlier refusal. */
  readonly retrial: boolean;
  readonly heartbeat: boolean;
}

interface Sending {
  readonly nonce: number;
  readonly versionInfo: string;
  readonly nowMs: number;
}

/** A name with what is to be sent of it: the resource, or that it does not exist. */
type Candidate = readonly [name: string, resource: Resource | undefined];

/** The client has something under this name, but which content is not known: no content equals it. */
const DOUBTFUL = "";

export class Ledger {
  /** Names to be looked at; true = send even if the client holds the content already. */
  readonly #due = new Map<string, boolean>();
  /** What the client was sent last: the token of the content, or null for "told that it does not exist". */
  readonly #held = new Map<string, string | null>();
  /** Unanswered nonce by name. */
  readonly #flying = new Map<string, string>();
  readonly #inFlight = new InFlight<Delivery>();
  readonly #refusals = new Refusals();
  readonly #tokenOf: (resource: Resource) => string;
  #sentVersion: string | undefined;
  #ackedVersion: string | undefined;
  #lastNonce = "";
  #highestNonce = 0;
  #dropFloor = 0;
  #beating = false;

  /** `tokenOf`: what makes two contents the same for the client (the delta version, or with the pinned type version). */
  constructor(tokenOf: (resource: Resource) => string) {
    this.#tokenOf = tokenOf;
  }

  get unanswered(): number {
    return this.#inFlight.size;
  }

  get idle(): boolean {
    return this.#due.size === 0;
  }

  /** Nonce of the last response of the type; empty before the first. */
  get lastNonce(): string {
    return this.#lastNonce;
  }

  /** What the client refused and was not sent anew in another form. */
  get refusals(): Pick<Refusals, "error" | "names"> {
    return this.#refusals;
  }

  get versions(): { readonly sent: string | undefined; readonly acked: string | undefined } {
    return { sent: this.#sentVersion, acked: this.#ackedVersion };
  }

  /** Is a heartbeat unanswered? */
  get beating(): boolean {
    return this.#beating;
  }

  mark(name: string): void {
    if (!this.#due.has(name)) this.#due.set(name, false);
  }

  /** Marks `name` to be sent even if the client holds its content. */
  markAgain(name: string): void {
    this.#due.set(name, this.#held.has(name));
  }

  /** The client asks for `name` in so many words: a refusal no longer stands in the way. */
  markAsked(name: string): void {
    for (const other of this.#refusals.release(name)) this.mark(other);
    this.markAgain(name);
  }

  /** Marks `name` to be sent, or reported absent, whatever the client may hold or have heard. */
  doubt(name: string): void {
    this.#held.set(name, DOUBTFUL);
    this.#due.set(name, true);
  }

  /** Takes the client's word for what it holds. */
  assume(name: string, token: string): void {
    this.#held.set(name, token);
    this.#due.set(name, false);
  }

  /** Forgets `name`: the client no longer wants it. */
  drop(name: string): void {
    this.#due.delete(name);
    if (this.#held.delete(name)) this.#dropFloor = this.#highestNonce;
    for (const other of this.#refusals.release(name)) this.mark(other);
  }

  /** Drops all names but those that `wanted` covers. */
  retain(wanted: (name: string) => boolean): void {
    for (const name of this.#due.keys()) if (!wanted(name)) this.drop(name);
    for (const name of this.#held.keys()) if (!wanted(name)) this.drop(name);
  }

  /** Names that the client holds or was told of. */
  names(): IterableIterator<string> {
    return this.#held.keys();
  }

  /** Does the client hold content under `name`, as far as we know? */
  holds(name: string): boolean {
    return typeof this.#held.get(name) === "string";
  }

  /** Was the client ever told about `name`? */
  knows(name: string): boolean {
    return this.#held.has(name);
  }

  /** Is a response with `name` unanswered? */
  flies(name: string): boolean {
    return this.#flying.has(name);
  }

  /** Does the client hold exactly this content? */
  holdsSame(resource: Resource): boolean {
    return this.#held.get(resource.name) === this.#tokenOf(resource);
  }

  forget(): void {
    this.#due.clear();
    this.#refusals.absolve();
  }

  /**
   * Names that are due and not in flight, each with what is to become of it: send the resource, or (`undefined`) say that
   * it does not exist. Names with nothing to say are struck off on the way; suspects of a refusal are left to `trial`.
   */
  *candidates(
    find: (name: string) => Resource | undefined,
    absence: (name: string) => "tell" | "silent",
  ): Generator<Candidate> {
    for (const [name, again] of this.#due) {
      if (this.#flying.has(name)) continue;
      const resource = find(name);
      if (!this.#worthSending(name, resource, again, absence)) this.#due.delete(name);
      else if (!this.#suspected(name, resource)) yield [name, resource];
    }
  }

  /** The next suspects of a refusal, to be sent with nobody else. Call it when no candidate could be sent. */
  *trial(find: (name: string) => Resource | undefined): Generator<Candidate> {
    for (const name of this.#refusals.nextTrial()) yield [name, find(name)];
  }

  /** Is something to be added or changed, now or once an answer has come? */
  pending(find: (name: string) => Resource | undefined): boolean {
    for (const [name, again] of this.#due) {
      const resource = find(name);
      if (resource && this.#worthSending(name, resource, again, () => "silent")) return true;
    }
    return false;
  }

  /**
   * The nonce that a frame must exceed, so that this stream never sees one twice. A frame with a single resource is sent
   * again only by force or after its name was dropped; others must simply be newer than all before.
   */
  nonceFloor(single: Resource | undefined): number {
    const again = single === undefined || this.#due.get(single.name) === true;
    return again ? this.#highestNonce : this.#dropFloor;
  }

  sent(response: Sending & { readonly resources: readonly Resource[]; readonly removed: readonly string[] }): string {
    const nonce = String(response.nonce);
    let retrial = false;
    if (this.#refusals.size > 0) {
      for (const name of namesIn(response)) {
        if (this.#refusals.get(name) === undefined) continue;
        retrial = true;
        this.#refusals.release(name);
      }
    }
    for (const resource of response.resources) {
      this.#due.delete(resource.name);
      this.#held.set(resource.name, this.#tokenOf(resource));
      this.#flying.set(resource.name, nonce);
    }
    for (const name of response.removed) {
      this.#due.delete(name);
      this.#held.set(name, null);
      this.#flying.set(name, nonce);
    }
    this.#inFlight.add(nonce, {
      versionInfo: response.versionInfo,
      sentAtMs: response.nowMs,
      retrial,
      heartbeat: false,
      resources: response.resources,
      removed: response.removed,
    });
    this.#sentVersion = response.versionInfo;
    this.#lastNonce = nonce;
    this.#highestNonce = Math.max(this.#highestNonce, response.nonce);
    return nonce;
  }

  /** A response without content was sent, which confirms what the client holds. */
  beat({ nonce: number, versionInfo, nowMs }: Sending): string {
    const nonce = String(number);
    this.#inFlight.add(nonce, {
      versionInfo,
      sentAtMs: nowMs,
      retrial: false,
      heartbeat: true,
      resources: [],
      removed: [],
    });
    this.#beating = true;
    this.#lastNonce = nonce;
    this.#highestNonce = Math.max(this.#highestNonce, number);
    return nonce;
  }

  /** Reads the answer in a request. A NACK is an error and nothing else; `keepAbsent`: names to be remembered as absent. */
  settle(
    nonce: string,
    error: RefusalError | undefined,
    nowMs: number,
    keepAbsent: (name: string) => boolean,
  ): Receipt {
    if (nonce === "") return { kind: "none" };
    const settled = this.#inFlight.settle(nonce);
    const last = settled.at(-1);
    if (!last) return { kind: "stale" };
    for (const delivery of settled) {
      if (delivery.heartbeat) this.#beating = false;
      for (const { name } of delivery.resources) this.#flying.delete(name);
      for (const name of delivery.removed) this.#flying.delete(name);
      if (delivery === last && error) continue;
      this.#ackedVersion = delivery.versionInfo;
      for (const name of delivery.removed) {
        if (this.#held.get(name) === null && !keepAbsent(name)) this.#held.delete(name);
      }
    }
    const latencyMs = nowMs - last.sentAtMs;
    if (!error) return { kind: "ack", latencyMs };
    const contents = new Map<string, Version>(last.resources.map(({ name, version }) => [name, version]));
    for (const name of last.removed) contents.set(name, null);
    const names = [...contents.keys()];
    const wanted = names.filter((name) => this.#held.has(name));
    for (const name of wanted) {
      this.#held.set(name, DOUBTFUL);
      this.mark(name);
    }
    // If a member was dropped meanwhile, maybe the bad one, what is left is another response.
    if (wanted.length === names.length) this.#refusals.refuse(contents, error, last.retrial);
    return { kind: "nack", latencyMs, error, names };
  }

  /** What became of every name that was sent or is among `asked`. */
  *resources(asked: Iterable<string>): Generator<ResourceStatus> {
    for (const [name, held] of this.#held) {
      const refusal = this.#refusals.get(name);
      const version = refusal ? refusal.members.get(name) : held;
      const state = refusal
        ? "NACKED"
        : this.#flying.has(name)
          ? "SENT"
          : held === null
            ? "ABSENT"
            : held === DOUBTFUL
              ? "REQUESTED"
              : "ACKED";
      // A token may have more than the version in it.
      yield { name, state, version: version?.split("@", 1)[0] || undefined, error: refusal?.error };
    }
    for (const name of asked) if (!this.#held.has(name)) yield requested(name);
  }

  #worthSending(
    name: string,
    resource: Resource | undefined,
    again: boolean,
    absence: (name: string) => "tell" | "silent",
  ): boolean {
    switch (this.#refusals.check(name, resource?.version ?? null)) {
      case "same":
        return false;
      case "suspect":
        return true;
      case "other":
        for (const member of this.#refusals.release(name)) this.mark(member);
        break;
      case "free":
        break;
    }
    const held = this.#held.get(name);
    if (resource) return again || held !== this.#tokenOf(resource);
    if (absence(name) === "silent") {
      this.#held.delete(name);
      return false;
    }
    return again || held !== null;
  }

  #suspected(name: string, resource: Resource | undefined): boolean {
    return this.#refusals.check(name, resource?.version ?? null) === "suspect";
  }
}

function namesIn(response: { readonly resources: readonly Resource[]; readonly removed: readonly string[] }): string[] {
  return [...response.resources.map(({ name }) => name), ...response.removed];
}
