// State of the world for types where a response replaces all the client holds of the type (listeners, clusters). One
// unanswered response, newest wins. Owns "make before break" for this variant: while other types still have something to
// send, what was removed stays in the response, and leaves with a second one.
import {
  type Channel,
  type ChannelPorts,
  type ChannelStatus,
  namesOf,
  type PullContext,
  type Receipt,
  unwatchSubscription,
  watchChange,
} from "./channel.js";
import { firstNames } from "./channel-status.js";
import type { Draft } from "./draft.js";
import { Heartbeats } from "./heartbeats.js";
import { InFlight } from "./in-flight.js";
import type { RefusalError, SotwRequest } from "./request.js";
import { type ResourceStatus, requested } from "./resource-status.js";
import type { SharedNames } from "./shared-names.js";
import { resourceExhausted } from "./stream-error.js";
import { SotwSubscription } from "./subscription.js";
import type { TypeRule } from "./type-rules.js";
import { TypeSnapshot } from "./type-snapshot.js";

interface Delivery {
  readonly nonce: string;
  readonly snapshot: TypeSnapshot;
  readonly sentAtMs: number;
}

export class SotwFullChannel implements Channel<SotwRequest> {
  readonly rule: TypeRule;
  readonly #ports: ChannelPorts;
  readonly #subscription: SotwSubscription;
  readonly #inFlight = new InFlight<Delivery>();
  readonly #heartbeats = new Heartbeats();
  /** The client's state as last acknowledged. */
  #acked: TypeSnapshot | undefined;
  /** Refused, but maybe applied in part. */
  #doubtful: TypeSnapshot | undefined;
  #sent: TypeSnapshot | undefined;
  #refusal: { readonly snapshot: TypeSnapshot; readonly error: RefusalError } | undefined;
  #dirty = false;
  /** Send even if nothing changed: a first request, or names that were added. */
  #again = false;
  #answerDue = false;
  #highestNonce = 0;
  /** Names that were added to the subscription and not sent since: the client may have forgotten what it once held. */
  readonly #added = new Set<string>();

  constructor(ports: ChannelPorts) {
    this.#ports = ports;
    this.rule = ports.rule;
    this.#subscription = new SotwSubscription(ports.rule);
  }

  get quiet(): boolean {
    return !this.#dirty && !this.#again && this.#heartbeats.none;
  }

  get answerDue(): boolean {
    return this.#answerDue;
  }

  receive(request: SotwRequest, first: boolean, nowMs: number): Receipt {
    const receipt: Receipt = first ? { kind: "none" } : this.#settle(request, nowMs);
    if (request.names !== undefined) this.#subscribe(request.names, first);
    return receipt;
  }

  touch(): void {
    this.#dirty = true;
  }

  // Types with full state have no parents in the protocol: they are never waited for by name.
  resend(): void {}

  parentSent(): void {}

  pending(): boolean {
    if (!this.#dirty && !this.#again) return false;
    const target = this.#target();
    return !this.#refused(target) && target.changedSince(this.#sent).length > 0;
  }

  unsent(): boolean {
    return this.#dirty || this.#again;
  }

  take(context: PullContext): Draft | undefined {
    // A heartbeat of this kind of type is the whole response again: Envoy would take one without content, which it leaves
    // out of what it reads, for the end of all resources.
    if (this.#heartbeats.anyDue(context.nowMs) && !this.#refusal && this.#inFlight.size === 0) this.#again = true;
    if ((!this.#dirty && !this.#again) || this.#inFlight.size > 0) return undefined;
    const target = this.#target();
    const settled = !this.#again && (target.stamp === this.#sent?.stamp || this.#refused(target));
    if (this.#subscribedToNothing() || settled) {
      this.#dirty = false;
      this.#again = false;
      this.#answerDue = false;
      return undefined;
    }
    const leaving = this.rule.removalsLast ? this.#leaving(target) : [];
    if (leaving.length === 0 || !context.othersPending()) {
      this.#dirty = false;
      return this.#send(target, context.nowMs);
    }
    this.#dirty = true; // what leaves is still to go
    const union = new TypeSnapshot([...target.resources, ...leaving]);
    const nothingNew = !this.#again && (union.content === this.#sent?.content || this.#refused(union));
    return nothingNew ? undefined : this.#send(union, context.nowMs);
  }

  nextHeartbeatMs(): number | undefined {
    return this.#heartbeats.nextMs();
  }

  forget(): void {
    this.#dirty = false;
  }

  close(): void {
    unwatchSubscription(this.#ports.interest, this.rule.typeUrl, this.#subscription);
  }

  status(): ChannelStatus {
    const { names, all } = this.#subscription;
    const synced = !this.#dirty && !this.#again && this.#inFlight.size === 0;
    return {
      typeUrl: this.rule.typeUrl,
      all,
      names,
      sentVersion: this.#sent?.versionInfo,
      ackedVersion: this.#acked?.versionInfo,
      state: this.#refusal ? "NACKED" : this.#sent === undefined ? "NOT_SENT" : synced ? "SYNCED" : "STALE",
      error: this.#refusal && {
        ...this.#refusal.error,
        resources: firstNames(this.#refusal.snapshot.resources.map(({ name }) => name)),
      },
    };
  }

  *resources(): Generator<ResourceStatus> {
    const sent = this.#sent;
    const refusal = this.#refusal;
    for (const { name, version } of sent?.resources ?? []) {
      const accepted = this.#acked?.get(name)?.version === version;
      const state = refusal ? "NACKED" : this.#inFlight.size > 0 && !accepted ? "SENT" : "ACKED";
      yield { name, state, version, error: refusal?.error };
    }
    for (const name of this.#subscription.names) {
      if (sent?.get(name)) continue;
      yield sent ? { ...requested(name), state: "ABSENT" } : requested(name);
    }
  }

  #send(snapshot: TypeSnapshot, nowMs: number): Draft {
    const { typeUrl, label } = this.rule;
    const { resources, versionInfo } = snapshot;
    const frame = this.#ports.frames.frame(
      { variant: "sotw", typeUrl, versionInfo, resources, removed: [] },
      this.#highestNonce,
    );
    // What was refused may be in force all the same: what differs from either state is a change for the client.
    const changed = new Set(snapshot.changedSince(this.#acked));
    if (this.#doubtful) for (const resource of snapshot.changedSince(this.#doubtful)) changed.add(resource);
    for (const name of this.#added) {
      const resource = snapshot.get(name);
      if (resource) changed.add(resource);
    }
    this.#added.clear();
    const nonce = String(frame.nonce);
    this.#inFlight.add({ nonce, snapshot, sentAtMs: nowMs });
    this.#highestNonce = Math.max(this.#highestNonce, frame.nonce);
    this.#sent = snapshot;
    if (this.#ports.ttlFrames) {
      this.#heartbeats.clear();
      this.#heartbeats.sent(resources, nowMs);
    }
    this.#again = false;
    this.#answerDue = false;
    if (this.#refusal && this.#refusal.snapshot.content !== snapshot.content) this.#refusal = undefined;
    const dependents = [...changed].flatMap(({ refs }) => refs);
    const counts = { resources: resources.length, removed: 0 };
    return { typeUrl, label, nonce, versionInfo, ...counts, framed: frame.framed, message: frame.message, dependents };
  }

  #settle({ nonce, error }: SotwRequest, nowMs: number): Receipt {
    if (nonce === "") return { kind: "none" };
    const delivery = this.#inFlight.settle(nonce).at(-1);
    if (!delivery) return { kind: "stale" };
    const latencyMs = nowMs - delivery.sentAtMs;
    if (!error) {
      this.#acked = delivery.snapshot;
      this.#doubtful = undefined;
      this.#refusal = undefined;
      return { kind: "ack", latencyMs };
    }
    this.#doubtful = delivery.snapshot;
    this.#dirty = true; // the subscription may have changed since, and with it what is to be sent
    this.#refusal = { snapshot: delivery.snapshot, error };
    return { kind: "nack", latencyMs, error, names: delivery.snapshot.resources.map(({ name }) => name) };
  }

  #subscribe(list: readonly string[] | SharedNames, first: boolean): void {
    const { interest, limits, view, onMissing } = this.#ports;
    const { typeUrl } = this.rule;
    const change = this.#subscription.update(list, first);
    if (this.#subscription.names.size > limits.maxNamesPerType) {
      throw resourceExhausted(`more than ${limits.maxNamesPerType} names subscribed`);
    }
    watchChange(interest, typeUrl, change, this.#subscription);
    for (const name of change.added) this.#added.add(name);
    for (const name of change.removed) this.#added.delete(name);
    if (change.all === "on") {
      this.#acked = undefined;
      this.#doubtful = undefined;
    }
    // Without the bad one, the rest of a refused response may go.
    if (this.#refusal && (change.removed.length > 0 || change.all === "off")) this.#dirty = true;
    if (first) this.#answerDue = !this.#subscribedToNothing();
    if (first || change.added.length > 0 || change.all === "on") this.#again = true;
    const missing = onMissing ? change.added.filter((name) => namesOf(view, typeUrl, name).length === 0) : [];
    if (missing.length > 0) onMissing?.(typeUrl, missing);
  }

  #target(): TypeSnapshot {
    const { view } = this.#ports;
    const { typeUrl } = this.rule;
    if (this.#subscription.all) return view.snapshot(typeUrl);
    const { names: asked, globs } = this.#subscription;
    const names = new Set(globs.length === 0 ? asked : [...asked].flatMap((name) => namesOf(view, typeUrl, name)));
    const resources = [...names].flatMap((name) => view.get(typeUrl, name) ?? []);
    return new TypeSnapshot(resources, view.typeVersion(typeUrl).pinned);
  }

  #leaving(target: TypeSnapshot): readonly TypeSnapshot["resources"][number][] {
    const before = this.#sent?.resources ?? [];
    return before.filter(({ name }) => this.#subscription.covers(name) && !target.get(name));
  }

  #refused(target: TypeSnapshot): boolean {
    return this.#refusal?.snapshot.content === target.content;
  }

  #subscribedToNothing(): boolean {
    return !this.#subscription.all && this.#subscription.names.size === 0;
  }
}
