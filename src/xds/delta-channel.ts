// The incremental variant, for every type: what changed, what is gone, name by name, each with its own version.
import {
  type Channel,
  type ChannelPorts,
  type ChannelStatus,
  namesOf,
  type PullContext,
  type Receipt,
  unwatchSubscription,
} from "./channel.js";
import { ledgerStatus } from "./channel-status.js";
import type { Draft } from "./draft.js";
import { globOf } from "./glob.js";
import { Heartbeats } from "./heartbeats.js";
import { Ledger } from "./ledger.js";
import type { DeltaRequest } from "./request.js";
import type { Resource } from "./resource.js";
import type { ResourceStatus } from "./resource-status.js";
import { resourceExhausted } from "./stream-error.js";
import { DeltaSubscription } from "./subscription.js";
import type { TypeRule } from "./type-rules.js";

interface Content {
  readonly resources: readonly Resource[];
  readonly removed: readonly string[];
}

const NOTHING: Content = { resources: [], removed: [] };

const versionOf = (resource: Resource): string => resource.version;

export class DeltaChannel implements Channel<DeltaRequest> {
  readonly rule: TypeRule;
  readonly #ports: ChannelPorts;
  readonly #subscription: DeltaSubscription;
  readonly #ledger = new Ledger(versionOf);
  readonly #heartbeats = new Heartbeats();
  readonly #find: (name: string) => Resource | undefined;
  readonly #absence: (name: string) => "tell" | "silent";
  #answerDue = false;
  /** What the client asked for when it came was not all sent yet: it goes together, as in the other variant. */
  #greeting = true;

  constructor(ports: ChannelPorts) {
    this.#ports = ports;
    this.rule = ports.rule;
    this.#subscription = new DeltaSubscription(ports.rule);
    this.#find = (name) => ports.view.get(ports.rule.typeUrl, name);
    this.#absence = (name) =>
      this.rule.tellsAbsence && (this.#subscription.names.has(name) || this.#ledger.knows(name)) ? "tell" : "silent";
  }

  get quiet(): boolean {
    return this.#ledger.idle && !this.#answerDue && this.#heartbeats.none;
  }

  get answerDue(): boolean {
    return this.#answerDue;
  }

  receive(request: DeltaRequest, first: boolean, nowMs: number): Receipt {
    if (!first && this.#ledger.idle) this.#greeting = false;
    const receipt: Receipt = first
      ? { kind: "none" }
      : this.#ledger.settle(request.nonce, request.error, nowMs, (name) => this.#subscription.names.has(name));
    // A heartbeat was refused: the client does not hold what it confirmed, and would refuse the next one too.
    if (receipt.kind === "nack" && receipt.names.length === 0) this.#heartbeats.clear();
    this.#subscribe(request, first, nowMs);
    if (this.#subscription.names.size > this.#ports.limits.maxNamesPerType) {
      throw resourceExhausted(`more than ${this.#ports.limits.maxNamesPerType} names subscribed`);
    }
    return receipt;
  }

  touch(names: ReadonlySet<string>): void {
    if (this.#ledger.idle) this.#greeting = false;
    for (const name of names) this.#ledger.mark(name);
    if (this.#ports.ttlFrames) for (const name of names) this.#confirmReturned(name);
  }

  resend(name: string): void {
    if (this.#subscription.covers(name)) this.#ledger.markAgain(name);
  }

  // A client that warms again does not ask again in this variant: references alone bring the resource back.
  parentSent(): void {}

  pending(): boolean {
    return this.#ledger.pending(this.#find);
  }

  unsent(): boolean {
    return !this.#ledger.idle;
  }

  take(context: PullContext): Draft | undefined {
    const { limits } = this.#ports;
    const mayBeat = this.#heartbeats.anyDue(context.nowMs) && !this.#ledger.beating;
    if (this.#ledger.unanswered >= (this.rule.batch ? 1 : limits.maxInFlight)) {
      return mayBeat ? this.#beat(context.nowMs) : undefined;
    }
    const only = this.rule.batch ? undefined : this.#ledger.only(this.rule.typeUrl, this.#ports.view);
    if (only) return this.#sendOnly(only, context.nowMs);
    const found =
      this.#gather(this.#ledger.candidates(this.#find, this.#absence), context, this.#batchBytes()) ??
      this.#gather(this.#ledger.trial(this.#find), context, this.#batchBytes("trial"));
    if (!found && !(this.#answerDue && this.#ledger.unanswered === 0)) {
      return mayBeat ? this.#beat(context.nowMs) : undefined;
    }
    this.#answerDue = false;
    const { resources, removed } = found ?? NOTHING;
    return this.#send(resources, removed, context.nowMs);
  }

  nextHeartbeatMs(): number | undefined {
    return this.#heartbeats.nextMs();
  }

  forget(): void {
    this.#ledger.forget();
  }

  close(): void {
    unwatchSubscription(this.#ports.interest, this.rule.typeUrl, this.#subscription);
  }

  status(): ChannelStatus {
    return ledgerStatus(this.rule.typeUrl, this.#subscription, this.#ledger);
  }

  resources(): Iterable<ResourceStatus> {
    return this.#ledger.resources(this.#subscription.names);
  }

  /** Gone and back before the client heard of it, so that nothing is sent: what it holds must go on being confirmed. */
  #confirmReturned(name: string): void {
    const resource = this.#find(name);
    if (resource?.ttlMs !== undefined && this.#ledger.holdsSame(resource)) this.#heartbeats.returned(name);
  }

  /** How much goes into one response: of types that go one by one nothing beyond the first, but for the greeting. */
  #batchBytes(trial?: "trial"): number {
    const { maxResponseBytes, firstBatchBytes } = this.#ports.limits;
    if (this.rule.batch) return maxResponseBytes;
    return this.#greeting && !trial ? Math.min(firstBatchBytes, maxResponseBytes) : 0;
  }

  /** As much as one response holds; `undefined` when nothing may go now. */
  #gather(candidates: ReturnType<Ledger["candidates"]>, context: PullContext, maxBytes: number): Content | undefined {
    const resources: Resource[] = [];
    let removed: string[] = [];
    let bytes = 0;
    for (const [name, resource] of candidates) {
      if (!resource) {
        const waits = this.rule.removalsLast && this.#ledger.holds(name) && context.othersPending();
        if (!waits) removed.push(name);
        continue;
      }
      bytes += resource.bytes.length;
      if (resources.length > 0 && bytes > maxBytes) break;
      resources.push(resource);
      if (maxBytes > 0) continue;
      removed = []; // alone in its response; what is gone follows in one of its own
      break;
    }
    return resources.length === 0 && removed.length === 0 ? undefined : { resources, removed };
  }

  #sendOnly(resource: Resource, nowMs: number): Draft {
    this.#answerDue = false;
    const { frames, ttlFrames, view } = this.#ports;
    const versionInfo = view.typeVersion(this.rule.typeUrl).pinned ?? resource.version;
    const dependents = resource.refs.length > 0 && this.#ledger.holdsSame(resource) ? [] : undefined;
    const single = frames.single("delta", resource, versionInfo, this.#ledger.nonceFloor(resource));
    this.#ledger.sentOnly(single, nowMs);
    if (ttlFrames) this.#heartbeats.sent(single.resources, nowMs);
    return dependents ? { ...single.draft, dependents } : single.draft;
  }

  #send(resources: readonly Resource[], removed: readonly string[], nowMs: number): Draft {
    const { typeUrl, label } = this.rule;
    const single = this.rule.batch || resources.length > 1 || removed.length > 0 ? undefined : resources[0];
    // For debugging only, says the protocol; of one resource it is that one's version, so that its frame can be shared.
    const type = this.#ports.view.typeVersion(typeUrl);
    const versionInfo = type.pinned ?? single?.version ?? type.versionInfo;
    const dependents = resources.flatMap((resource) => (this.#ledger.holdsSame(resource) ? [] : resource.refs));
    const { frames } = this.#ports;
    const floor = this.#ledger.nonceFloor(single);
    const frame = single
      ? frames.single("delta", single, versionInfo, floor).frame
      : frames.frame({ variant: "delta", typeUrl, versionInfo, resources, removed }, floor);
    const nonce = this.#ledger.sent({ nonce: frame.nonce, versionInfo, nowMs, resources, removed });
    if (this.#ports.ttlFrames) this.#heartbeats.sent(resources, nowMs);
    const counts = { resources: resources.length, removed: removed.length };
    return { typeUrl, label, nonce, versionInfo, ...counts, framed: frame.framed, message: frame.message, dependents };
  }

  #beat(nowMs: number): Draft | undefined {
    const { ttlFrames: frames, view } = this.#ports;
    if (!frames) return undefined;
    const { versionInfo } = view.typeVersion(this.rule.typeUrl);
    const { rule } = this;
    return this.#heartbeats.beat({
      variant: "delta",
      rule,
      versionInfo,
      nowMs,
      ledger: this.#ledger,
      frames,
      find: this.#find,
    });
  }

  #subscribe(request: DeltaRequest, first: boolean, nowMs: number): void {
    const { interest, view, ttlFrames } = this.#ports;
    const { typeUrl } = this.rule;
    const before = this.#subscription.all;
    const change = this.#subscription.update(request.subscribe, request.unsubscribe, first);
    const { all } = this.#subscription;
    if (all && !before) interest.watchAll(typeUrl);
    if (!all && before) interest.unwatchAll(typeUrl);
    // Of what the client says it holds, only differences are news, even of names that it lists again: a reconnect to
    // equal content costs nothing. The price: an endpoint that was about to be sent again after its cluster, when the
    // stream broke between the two, is not; Envoy then goes on with what it has cached for that cluster.
    const reported = first ? request.initialVersions : new Map<string, string>();
    const dropped = new Set(change.dropped);
    for (const [name, version] of reported) {
      if (!all && !dropped.has(name) && !this.#subscription.covers(name)) this.#adopt(name);
      if (!this.#subscription.covers(name)) continue;
      this.#ledger.assume(name, version);
      if (ttlFrames && this.#find(name)?.ttlMs !== undefined) this.#heartbeats.holds(name, nowMs);
    }
    const missing: string[] = [];
    for (const name of change.asked) {
      interest.watch(typeUrl, name);
      const existing = namesOf(view, typeUrl, name);
      if (existing.length === 0) missing.push(name);
      // What does not exist is looked at under its own name, so that the client is told.
      for (const each of existing.length > 0 ? existing : [name]) {
        if (!reported.has(each)) this.#ledger.markAsked(each);
      }
    }
    for (const name of change.revealed) {
      interest.unwatch(typeUrl, name);
      this.#ledger.doubt(name);
    }
    for (const name of change.dropped) {
      interest.unwatch(typeUrl, name);
      if (!this.#subscription.covers(name)) this.#ledger.drop(name);
    }
    const lessCovered = change.all === "off" || [...change.dropped, ...change.revealed].some(globOf);
    if (change.all === "asked") {
      for (const name of view.names(typeUrl)) if (!reported.has(name)) this.#ledger.markAsked(name);
      if (first && reported.size === 0) this.#answerDue = true;
    }
    if (lessCovered) this.#ledger.retain((name) => this.#subscription.covers(name));
    if (missing.length > 0) this.#ports.onMissing?.(typeUrl, missing);
  }

  #adopt(name: string): void {
    this.#subscription.adopt(name);
    this.#ports.interest.watch(this.rule.typeUrl, name);
  }
}
