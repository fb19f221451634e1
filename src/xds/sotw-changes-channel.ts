// State of the world for types whose responses may hold changes only: endpoints, routes and all that are not in the
// table. A client's first endpoints go together: 100 answers with 100 acknowledgements cost twice as much when a fleet
// comes back, and whom it refuses is found out afterwards. Later ones go one per response, a bounded number of them
// unanswered at a time, so that a NACK names its culprit. A removed resource is not announced: this variant has no words
// for it, and the client learns it from the parent.
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
import { ledgerStatus } from "./channel-status.js";
import type { Draft } from "./draft.js";
import { draftOf } from "./frame.js";
import { globOf } from "./glob.js";
import { Heartbeats } from "./heartbeats.js";
import { Ledger } from "./ledger.js";
import type { SotwRequest } from "./request.js";
import type { Resource } from "./resource.js";
import type { ResourceStatus } from "./resource-status.js";
import type { SharedNames } from "./shared-names.js";
import { resourceExhausted } from "./stream-error.js";
import { SotwSubscription } from "./subscription.js";
import type { TypeRule } from "./type-rules.js";

const stampOf = (resource: Resource): string => resource.stamp;
const never = (): boolean => false;
const silent = (): "silent" => "silent";

export class SotwChangesChannel implements Channel<SotwRequest> {
  readonly rule: TypeRule;
  readonly #ports: ChannelPorts;
  readonly #subscription: SotwSubscription;
  readonly #ledger = new Ledger(stampOf);
  readonly #heartbeats = new Heartbeats();
  readonly #find: (name: string) => Resource | undefined;
  #answerDue = false;
  /** What the client asked for when it came was not all sent yet. */
  #greeting = true;
  /** The parent type was sent since the last repeated request was answered, so that another may be meant. */
  #repeatArmed = false;

  constructor(ports: ChannelPorts) {
    this.#ports = ports;
    this.rule = ports.rule;
    this.#subscription = new SotwSubscription(ports.rule);
    this.#find = (name) => ports.view.get(ports.rule.typeUrl, name);
  }

  get quiet(): boolean {
    return this.#ledger.idle && !this.#answerDue && this.#heartbeats.none;
  }

  get answerDue(): boolean {
    return this.#answerDue;
  }

  receive(request: SotwRequest, first: boolean, nowMs: number): Receipt {
    if (!first && this.#ledger.idle) this.#greeting = false;
    // The nonce of a first request is from another stream, maybe another server: it means nothing here.
    const receipt: Receipt = first ? { kind: "none" } : this.#ledger.settle(request.nonce, request.error, nowMs, never);
    // A heartbeat was refused: the client does not hold what it confirmed, and would refuse the next one too.
    if (receipt.kind === "nack" && receipt.names.length === 0) this.#heartbeats.clear();
    const changed = request.names !== undefined && this.#subscribe(request.names, first);
    if (first && (this.#subscription.all || this.#subscription.names.size > 0)) this.#answerDue = true;
    if (receipt.kind === "stale" && !changed && request.error === undefined) this.#repeat(request.nonce);
    return receipt;
  }

  touch(names: ReadonlySet<string>): void {
    if (this.#ledger.idle) this.#greeting = false;
    for (const name of names) this.#ledger.mark(name);
  }

  resend(name: string): void {
    if (!this.#subscription.covers(name)) return;
    this.#ledger.markAgain(name);
    this.#repeatArmed = false;
  }

  parentSent(): void {
    this.#repeatArmed = true;
  }

  pending(): boolean {
    return this.#ledger.pending(this.#find);
  }

  unsent(): boolean {
    return !this.#ledger.idle;
  }

  take(context: PullContext): Draft | undefined {
    const { limits, view } = this.#ports;
    if (this.#ledger.unanswered >= (this.rule.batch ? 1 : limits.maxInFlight)) return undefined;
    const whole = this.#greetWhole(context.nowMs);
    if (whole) return whole;
    const only = this.rule.batch ? undefined : this.#ledger.only(this.rule.typeUrl, view);
    if (only) return this.#sendOnly(only, context.nowMs);
    let resources = this.#gather(this.#ledger.candidates(this.#find, silent), this.#batchBytes());
    if (resources.length === 0) resources = this.#gather(this.#ledger.trial(this.#find), this.#batchBytes("trial"));
    const single = this.rule.batch || resources.length > 1 ? undefined : resources[0];
    if (resources.length === 0 && !(this.#answerDue && this.#ledger.unanswered === 0)) {
      return this.#heartbeats.anyDue(context.nowMs) ? this.#beat(context.nowMs) : undefined;
    }
    this.#answerDue = false;
    const versionInfo = single
      ? (single.typeVersion ?? single.version)
      : view.typeVersion(this.rule.typeUrl).versionInfo;
    return this.#send(resources, versionInfo, single, context.nowMs);
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

  /** How much goes into one response: of types that go one by one nothing beyond the first, but for the greeting. */
  #batchBytes(trial?: "trial"): number {
    const { maxResponseBytes, firstBatchBytes } = this.#ports.limits;
    if (this.rule.batch) return maxResponseBytes;
    return this.#greeting && !trial ? Math.min(firstBatchBytes, maxResponseBytes) : 0;
  }

  /** As much as one response holds. */
  #gather(candidates: ReturnType<Ledger["candidates"]>, maxBytes: number): readonly Resource[] {
    const resources: Resource[] = [];
    let bytes = 0;
    for (const [, resource] of candidates) {
      if (!resource) continue;
      bytes += resource.bytes.length;
      if (resources.length > 0 && bytes > maxBytes) break;
      resources.push(resource);
      if (maxBytes === 0) break;
    }
    return resources;
  }

  /** The first answer to a list that others ask for too: as they got it, unless it is too long for one response. */
  #greetWhole(nowMs: number): Draft | undefined {
    const { greeting } = this.#ledger;
    if (!greeting) return undefined;
    const { view, frames, ttlFrames } = this.#ports;
    const { typeUrl } = this.rule;
    const type = view.typeVersion(typeUrl);
    const { resources, stamps, bytes, refs: dependents } = type.select(greeting);
    if (resources.length < 2 || bytes > this.#batchBytes()) return undefined;
    this.#answerDue = false;
    const { versionInfo } = type;
    const spec = { variant: "sotw", typeUrl, versionInfo, resources, removed: [] } as const;
    const frame = frames.frame(spec, this.#ledger.nonceFloor(undefined));
    this.#ledger.greeted({ frame, versionInfo, nowMs, resources, held: stamps });
    if (ttlFrames) this.#heartbeats.sent(resources, nowMs);
    return draftOf(frame, { typeUrl, versionInfo, resources, dependents });
  }

  #sendOnly(resource: Resource, nowMs: number): Draft {
    this.#answerDue = false;
    const { frames, ttlFrames } = this.#ports;
    const versionInfo = resource.typeVersion ?? resource.version;
    const dependents = resource.refs.length > 0 && this.#ledger.holdsSame(resource) ? [] : undefined;
    const single = frames.single("sotw", resource, versionInfo, this.#ledger.nonceFloor(resource));
    this.#ledger.sentOnly(single, nowMs);
    if (ttlFrames) this.#heartbeats.sent(single.resources, nowMs);
    return dependents ? { ...single.draft, dependents } : single.draft;
  }

  #send(resources: readonly Resource[], versionInfo: string, single: Resource | undefined, nowMs: number): Draft {
    const { typeUrl, label } = this.rule;
    const dependents = resources.flatMap((resource) => (this.#ledger.holdsSame(resource) ? [] : resource.refs));
    const { frames } = this.#ports;
    const floor = this.#ledger.nonceFloor(single);
    const frame = single
      ? frames.single("sotw", single, versionInfo, floor).frame
      : frames.frame({ variant: "sotw", typeUrl, versionInfo, resources, removed: [] }, floor);
    const nonce = this.#ledger.sent({ nonce: frame.nonce, versionInfo, nowMs, resources, removed: [] });
    if (this.#ports.ttlFrames) this.#heartbeats.sent(resources, nowMs);
    const counts = { resources: resources.length, removed: 0 };
    return { typeUrl, label, nonce, versionInfo, ...counts, framed: frame.framed, message: frame.message, dependents };
  }

  /**
   * A client of this variant knows a heartbeat by the version, which must be that of the type's last response it accepted,
   * whichever resource that was of. So all must be answered.
   */
  #beat(nowMs: number): Draft | undefined {
    const { ttlFrames: frames } = this.#ports;
    const { acked: versionInfo } = this.#ledger.versions;
    if (!frames || versionInfo === undefined || this.#ledger.unanswered > 0) return undefined;
    const { rule } = this;
    return this.#heartbeats.beat({
      variant: "sotw",
      rule,
      versionInfo,
      nowMs,
      ledger: this.#ledger,
      frames,
      find: this.#find,
    });
  }

  #subscribe(list: readonly string[] | SharedNames, first: boolean): boolean {
    const { interest, limits, view } = this.#ports;
    const { typeUrl } = this.rule;
    const change = this.#subscription.update(list, first);
    if (this.#subscription.names.size > limits.maxNamesPerType) {
      throw resourceExhausted(`more than ${limits.maxNamesPerType} names subscribed`);
    }
    watchChange(interest, typeUrl, change, this.#subscription);
    const { shared } = this.#subscription;
    if (first && shared) {
      this.#ledger.greet(shared);
      if (this.#ports.onMissing) this.#missing(view.typeVersion(typeUrl).select(shared).missing);
      return true;
    }
    const missing: string[] = [];
    for (const name of change.added) {
      const existing = namesOf(view, typeUrl, name);
      if (existing.length === 0) missing.push(name);
      for (const each of existing) this.#ledger.mark(each);
    }
    if (change.all === "on") for (const name of view.names(typeUrl)) this.#ledger.mark(name);
    if (change.all === "off" || change.removed.some(globOf)) {
      this.#ledger.retain((name) => this.#subscription.covers(name));
    }
    for (const name of change.removed) if (!this.#subscription.covers(name)) this.#ledger.drop(name);
    this.#missing(missing);
    return change.added.length > 0 || change.removed.length > 0 || change.all !== "same";
  }

  #missing(names: readonly string[]): void {
    if (names.length > 0) this.#ports.onMissing?.(this.rule.typeUrl, names);
  }

  /**
   * Envoy repeats its last request when a parent changed and it warms again; it looks like the same ACK once more. Where
   * references were declared the resource is on its way already. Answered once per parent sent, lest a client which says
   * everything twice is answered for ever.
   */
  #repeat(nonce: string): void {
    if (!this.#repeatArmed || nonce !== this.#ledger.lastNonce || this.#ledger.unanswered > 0) return;
    this.#repeatArmed = false;
    for (const name of this.#ledger.names()) this.#ledger.markAgain(name);
  }
}
