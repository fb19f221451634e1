// What one client holds of one type, name by name, and what must still be sent. Shared by both variants for types whose
// responses carry changes only. Invariants: a name has at most one unanswered response; what is due stays due until its
// newest content was sent, refused as it is, or is no longer wanted.
import type { AudienceView, Receipt } from "./channel.js";
import type { Delivery } from "./delivery.js";
import { DueQueue } from "./due-queue.js";
import type { Frame, SingleFrame } from "./frame.js";
import { InFlight } from "./in-flight.js";
import { DOUBTFUL, type Entry, LedgerEntries } from "./ledger-entries.js";
import { Refusals, type Version } from "./refusals.js";
import type { RefusalError } from "./request.js";
import type { Resource } from "./resource.js";
import { type ResourceStatus, requested, statusOf } from "./resource-status.js";
import type { SharedNames } from "./shared-names.js";

interface Sending {
  readonly nonce: number;
  readonly versionInfo: string;
  readonly nowMs: number;
}

interface Greeted extends Omit<Sending, "nonce"> {
  readonly frame: Frame;
  readonly resources: readonly Resource[];
  readonly held: ReadonlyMap<string, string>;
}

/** A name with what is to be sent of it: the resource, or that it does not exist. */
type Candidate = readonly [name: string, resource: Resource | undefined];

const NOTHING: readonly never[] = [];

export class Ledger {
  /** Of names that are due, held or flying. */
  readonly #entries = new LedgerEntries();
  readonly #due = new DueQueue<Entry>();
  /** All of this is due, nothing was sent yet, and no name has an entry. */
  #greeting: SharedNames | undefined;
  readonly #inFlight = new InFlight<Delivery>();
  readonly #refusals = new Refusals();
  /** Was anything ever refused? Hardly any client does, and the answer is at hand. */
  #refused = false;
  readonly #tokenOf: (resource: Resource) => string;
  #sentVersion: string | undefined;
  #ackedVersion: string | undefined;
  #lastNonce = "";
  #highestNonce = 0;
  #resendFloor = 0;
  #beating = false;

  /** `tokenOf`: what makes two contents the same for the client (the delta version, or with the pinned type version). */
  constructor(tokenOf: (resource: Resource) => string) {
    this.#tokenOf = tokenOf;
  }

  get unanswered(): number {
    return this.#inFlight.size;
  }

  get idle(): boolean {
    return this.#due.size === 0 && !this.#greeting;
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

  /** What is due as a whole. */
  get greeting(): SharedNames | undefined {
    return this.#greeting;
  }

  /** Marks all of a list to be sent, before anything else was marked. */
  greet(list: SharedNames): void {
    this.#greeting = list;
  }

  mark(name: string): void {
    if (this.#greets(name)) return;
    const entry = this.#entries.at(name);
    if (entry.due === "no") this.#due.add(entry, "unless same");
  }

  /** Marks `name` to be sent even if the client holds its content. */
  markAgain(name: string): void {
    if (this.#greets(name)) return;
    const entry = this.#entries.at(name);
    this.#due.add(entry, entry.held === undefined ? "unless same" : "again");
  }

  /** The client asks for `name` in so many words: a refusal no longer stands in the way. */
  markAsked(name: string): void {
    for (const other of this.#refusals.release(name)) this.mark(other);
    this.markAgain(name);
  }

  /** Marks `name` to be sent, or reported absent, whatever the client may hold or have heard. */
  doubt(name: string): void {
    const entry = this.#entries.at(name);
    entry.held = DOUBTFUL;
    this.#due.add(entry, "again");
  }

  /** Takes the client's word for what it holds. */
  assume(name: string, token: string): void {
    const entry = this.#entries.at(name);
    entry.held = token;
    this.#due.add(entry, "unless same");
  }

  /** Forgets `name`: the client no longer wants it. */
  drop(name: string): void {
    this.#spellOut();
    const entry = this.#entries.find(name);
    if (entry) {
      this.#due.remove(entry);
      if (entry.held !== undefined) this.#resendFloor = this.#highestNonce;
      entry.held = undefined;
      this.#entries.collect(entry);
    }
    for (const other of this.#refusals.release(name)) this.mark(other);
  }

  /** Drops all names but those that `wanted` covers. */
  retain(wanted: (name: string) => boolean): void {
    this.#spellOut();
    for (const { name, due, held } of this.#entries.all()) {
      if ((due !== "no" || held !== undefined) && !wanted(name)) this.drop(name);
    }
  }

  /** Names that the client holds or was told of. */
  *names(): Generator<string> {
    for (const { name, held } of this.#entries.all()) if (held !== undefined) yield name;
  }

  /** Does the client hold content under `name`, as far as we know? */
  holds(name: string): boolean {
    return typeof this.#entries.held(name) === "string";
  }

  /** Was the client ever told about `name`? */
  knows(name: string): boolean {
    return this.#entries.held(name) !== undefined;
  }

  /** Is a response with `name` unanswered? */
  flies(name: string): boolean {
    return this.#entries.flies(name);
  }

  /** Does the client hold exactly this content? */
  holdsSame(resource: Resource): boolean {
    return this.#entries.held(resource.name) === this.#tokenOf(resource);
  }

  forget(): void {
    this.#greeting = undefined;
    for (const entry of this.#due.clear()) this.#entries.collect(entry);
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
    this.#spellOut();
    for (const entry of this.#due) {
      if (entry.flying) continue;
      const resource = find(entry.name);
      if (!this.#worthSending(entry, resource, absence)) this.#strike(entry);
      else if (!this.#suspected(entry.name, resource)) yield [entry.name, resource];
    }
  }

  /** The resource to be sent when it is the only thing to be looked at: the usual case, without the ceremony. */
  only(typeUrl: string, view: AudienceView): Resource | undefined {
    const entry = this.#refused && this.#refusals.size > 0 ? undefined : this.#due.only;
    if (!entry || entry.flying) return undefined;
    const resource = view.get(typeUrl, entry.name);
    return resource && this.#differs(entry, resource) ? resource : undefined;
  }

  /** The next suspects of a refusal, to be sent with nobody else. Call it when no candidate could be sent. */
  *trial(find: (name: string) => Resource | undefined): Generator<Candidate> {
    for (const name of this.#refusals.nextTrial()) yield [name, find(name)];
  }

  /** Is something to be added or changed, now or once an answer has come? */
  pending(find: (name: string) => Resource | undefined): boolean {
    for (const name of this.#greeting?.list ?? NOTHING) if (find(name)) return true;
    for (const entry of this.#due) {
      const resource = find(entry.name);
      if (resource && this.#worthSending(entry, resource, () => "silent")) return true;
    }
    return false;
  }

  /**
   * The nonce that a frame must exceed, so that this stream never sees one twice. A frame with a single resource is sent
   * again only by force, after its name was dropped, or after one that it was part of was refused; others must simply be
   * newer than all before.
   */
  nonceFloor(single: Resource | undefined): number {
    const again = single === undefined || this.#entries.dueAgain(single.name);
    return again ? this.#highestNonce : this.#resendFloor;
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
    const entries: Entry[] = [];
    for (const resource of response.resources) entries.push(this.#fly(resource.name, this.#tokenOf(resource)));
    for (const name of response.removed) entries.push(this.#fly(name, null));
    this.#deliver(response.nonce, {
      nonce,
      versionInfo: response.versionInfo,
      sentAtMs: response.nowMs,
      retrial,
      heartbeat: false,
      resources: response.resources,
      removed: response.removed,
      entry: undefined,
      entries,
    });
    return nonce;
  }

  /** All of the greeting that exists was sent; `held`: the tokens of the resources, by name. */
  greeted({ frame, versionInfo, nowMs, resources, held }: Greeted): void {
    this.#greeting = undefined;
    this.#entries.fly(held);
    this.#deliver(frame.nonce, {
      nonce: frame.nonceText,
      versionInfo,
      sentAtMs: nowMs,
      retrial: false,
      heartbeat: false,
      resources,
      removed: NOTHING,
      entry: undefined,
      entries: "common",
    });
  }

  /** The resource that `only` gave was sent. */
  sentOnly({ frame, draft, resources }: SingleFrame, nowMs: number): void {
    const entry = this.#due.only;
    if (!entry) return;
    this.#due.remove(entry);
    entry.held = this.#tokenOf(resources[0]);
    entry.flying = true;
    this.#deliver(frame.nonce, {
      nonce: frame.nonceText,
      versionInfo: draft.versionInfo,
      sentAtMs: nowMs,
      retrial: false,
      heartbeat: false,
      resources,
      removed: NOTHING,
      entry,
      entries: NOTHING,
    });
  }

  /** A response without content was sent, which confirms what the client holds. */
  beat({ nonce: number, versionInfo, nowMs }: Sending): string {
    const nonce = String(number);
    this.#deliver(number, {
      nonce,
      versionInfo,
      sentAtMs: nowMs,
      retrial: false,
      heartbeat: true,
      resources: NOTHING,
      removed: NOTHING,
      entry: undefined,
      entries: NOTHING,
    });
    this.#beating = true;
    return nonce;
  }

  #deliver(nonce: number, delivery: Delivery): void {
    this.#inFlight.add(delivery);
    if (!delivery.heartbeat) this.#sentVersion = delivery.versionInfo;
    this.#lastNonce = delivery.nonce;
    if (nonce > this.#highestNonce) this.#highestNonce = nonce;
  }

  /** Reads the answer in a request. A NACK is an error and nothing else; `keepAbsent`: names to be remembered as absent. */
  settle(
    nonce: string,
    error: RefusalError | undefined,
    nowMs: number,
    keepAbsent: (name: string) => boolean,
  ): Receipt {
    if (nonce === "") return { kind: "none" };
    const only = error ? undefined : this.#inFlight.settleOnly(nonce);
    if (only?.entry) {
      this.#land(only.entry, true, keepAbsent);
      this.#ackedVersion = only.versionInfo;
      return { kind: "ack", latencyMs: nowMs - only.sentAtMs };
    }
    const settled = only ? [only] : this.#inFlight.settle(nonce);
    const last = settled.at(-1);
    if (!last) return { kind: "stale" };
    for (const delivery of settled) {
      if (delivery.heartbeat) this.#beating = false;
      const accepted = delivery !== last || error === undefined;
      if (accepted) this.#ackedVersion = delivery.versionInfo;
      if (delivery.entry) this.#land(delivery.entry, accepted, keepAbsent);
      if (delivery.entries === "common") this.#entries.land();
      else for (const entry of delivery.entries) this.#land(entry, accepted, keepAbsent);
    }
    const latencyMs = nowMs - last.sentAtMs;
    if (!error) return { kind: "ack", latencyMs };
    const contents = new Map<string, Version>(last.resources.map(({ name, version }) => [name, version]));
    for (const name of last.removed) contents.set(name, null);
    const names = [...contents.keys()];
    const wanted = names.filter((name) => this.knows(name));
    // Its members go out once more, each alone, and one may have gone so before.
    this.#resendFloor = this.#highestNonce;
    for (const name of wanted) {
      this.#entries.at(name).held = DOUBTFUL;
      this.mark(name);
    }
    // If a member was dropped meanwhile, maybe the bad one, what is left is another response.
    this.#refused = true;
    if (wanted.length === names.length) this.#refusals.refuse(contents, error, last.retrial);
    return { kind: "nack", latencyMs, error, names };
  }

  /** What became of every name that was sent or is among `asked`. */
  *resources(asked: Iterable<string>): Generator<ResourceStatus> {
    for (const entry of this.#entries.all()) {
      if (entry.held !== undefined) yield statusOf(entry, this.#refusals.get(entry.name));
    }
    for (const name of asked) if (!this.knows(name)) yield requested(name);
  }

  #worthSending(entry: Entry, resource: Resource | undefined, absence: (name: string) => "tell" | "silent"): boolean {
    const { name } = entry;
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
    if (resource) return this.#differs(entry, resource);
    if (absence(name) === "silent") {
      entry.held = undefined;
      return false;
    }
    return entry.due === "again" || entry.held !== null;
  }

  #differs(entry: Entry, resource: Resource): boolean {
    return entry.due === "again" || entry.held !== this.#tokenOf(resource);
  }

  /** Is `name` due with the greeting? If it is about another name, that is no greeting any more. */
  #greets(name: string): boolean {
    if (!this.#greeting) return false;
    if (this.#greeting.names.has(name)) return true;
    this.#spellOut();
    return false;
  }

  /** What was due as a whole is due name by name. */
  #spellOut(): void {
    if (!this.#greeting) return;
    const { list } = this.#greeting;
    this.#greeting = undefined;
    for (const name of list) this.mark(name);
  }

  #fly(name: string, held: string | null): Entry {
    const entry = this.#entries.at(name);
    this.#due.remove(entry);
    entry.held = held;
    entry.flying = true;
    return entry;
  }

  /** A response with it was answered. */
  #land(entry: Entry, accepted: boolean, keepAbsent: (name: string) => boolean): void {
    entry.flying = false;
    if (accepted && entry.held === null && !keepAbsent(entry.name)) entry.held = undefined;
    if (entry.held === undefined) this.#entries.collect(entry);
  }

  #strike(entry: Entry): void {
    this.#due.remove(entry);
    this.#entries.collect(entry);
  }

  #suspected(name: string, resource: Resource | undefined): boolean {
    return this.#refusals.check(name, resource?.version ?? null) === "suspect";
  }
}

function namesIn(response: { readonly resources: readonly Resource[]; readonly removed: readonly string[] }): string[] {
  return [...response.resources.map(({ name }) => name), ...response.removed];
}
