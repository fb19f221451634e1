// One type on one stream: the part of a session that decides what to send next. Pull-based: nothing is queued, so what
// is dropped, replaced or unsubscribed before it is pulled never reaches the wire, and the newest content always wins.

import type { Draft } from "./draft.js";
import { globOf, membersOf } from "./glob.js";
import type { XdsLimits } from "./limits.js";
import type { RefusalError } from "./request.js";
import type { Resource } from "./resource.js";
import type { ResourceStatus } from "./resource-status.js";
import type { SharedNames } from "./shared-names.js";
import type { SotwChange, Subscription } from "./subscription.js";
import type { Framing, TtlFrames } from "./ttl-frames.js";
import type { TypeRule } from "./type-rules.js";
import type { TypeSnapshot } from "./type-snapshot.js";
import type { TypeVersion } from "./type-store.js";

/** The content that the stream's audience is to have. */
export interface AudienceView {
  get(typeUrl: string, name: string): Resource | undefined;
  names(typeUrl: string): Iterable<string>;
  snapshot(typeUrl: string): TypeSnapshot;
  typeVersion(typeUrl: string): TypeVersion;
}

/** Tells the index which changes must wake this stream. */
export interface Interest {
  watch(typeUrl: string, name: string): void;
  watchEach(typeUrl: string, names: Iterable<string>): void;
  unwatch(typeUrl: string, name: string): void;
  watchShared(typeUrl: string, list: SharedNames): void;
  unwatchShared(typeUrl: string, list: SharedNames): void;
  watchAll(typeUrl: string): void;
  unwatchAll(typeUrl: string): void;
}

/** The resources that a name asked for stands for: one, none, or the members of a collection. */
export function namesOf(view: AudienceView, typeUrl: string, name: string): readonly string[] {
  const glob = globOf(name);
  if (glob) return [...membersOf(glob, view.names(typeUrl))];
  return view.get(typeUrl, name) ? [name] : [];
}

/** The stream waits for the names that `now` has, after `change`, and for the removed ones no more. */
export function watchChange(interest: Interest, typeUrl: string, change: SotwChange, now: Subscription): void {
  const { shared } = now;
  const { before } = change;
  if (!shared && !before.shared) {
    interest.watchEach(typeUrl, change.added);
    for (const name of change.removed) interest.unwatch(typeUrl, name);
  } else if (shared !== before.shared) {
    if (shared) interest.watchShared(typeUrl, shared);
    else interest.watchEach(typeUrl, now.names);
    if (before.shared) interest.unwatchShared(typeUrl, before.shared);
    else for (const name of before.names) interest.unwatch(typeUrl, name);
  }
  if (change.all === "on") interest.watchAll(typeUrl);
  if (change.all === "off") interest.unwatchAll(typeUrl);
}

/** Ends all that a subscription made the stream wait for. */
export function unwatchSubscription(interest: Interest, typeUrl: string, subscription: Subscription): void {
  const { all, names, shared } = subscription;
  if (all) interest.unwatchAll(typeUrl);
  if (shared) interest.unwatchShared(typeUrl, shared);
  else for (const name of names) interest.unwatch(typeUrl, name);
}

export interface ChannelPorts {
  readonly rule: TypeRule;
  readonly view: AudienceView;
  readonly interest: Interest;
  readonly frames: Framing;
  /** Frames of heartbeats, for clients that understand TTLs. */
  readonly ttlFrames: TtlFrames | undefined;
  readonly limits: XdsLimits;
  /** Names were asked for that do not exist. */
  readonly onMissing: ((typeUrl: string, names: readonly string[]) => void) | undefined;
}

export interface PullContext {
  readonly nowMs: number;
  /**
   * Does another type still have something to add or change, or the parent type something to remove? Then removals that
   * others may refer to wait.
   */
  readonly othersPending: () => boolean;
}

/** What a request said about an earlier response. */
export type Receipt =
  | { readonly kind: "none" | "stale" }
  | { readonly kind: "ack"; readonly latencyMs: number }
  | {
      readonly kind: "nack";
      readonly latencyMs: number;
      readonly error: RefusalError;
      readonly names: readonly string[];
    };

export interface ChannelStatus {
  readonly typeUrl: string;
  readonly all: boolean;
  readonly names: ReadonlySet<string>;
  readonly sentVersion: string | undefined;
  readonly ackedVersion: string | undefined;
  readonly state: "SYNCED" | "STALE" | "NACKED" | "NOT_SENT";
  readonly error: (RefusalError & { readonly resources: readonly string[] }) | undefined;
}

export interface Channel<R> {
  readonly rule: TypeRule;
  /** @throws StreamError RESOURCE_EXHAUSTED when the subscription grows beyond the limits. */
  receive(request: R, first: boolean, nowMs: number): Receipt;
  /** Content of these names changed, all of which the subscription covers. */
  touch(names: ReadonlySet<string>): void;
  /** What needs `name` was sent changed: send `name` again if it is subscribed. */
  resend(name: string): void;
  /** A response of the type that this one depends on was sent. */
  parentSent(): void;
  /** Is there something to add or change which was not sent yet, for whatever reason? */
  pending(): boolean;
  /** Is there anything left to send at all, removals included? */
  unsent(): boolean;
  /** Nothing to send, now or after an answer: `take` need not be asked. The usual state, so this must cost nothing. */
  readonly quiet: boolean;
  /** Does the client still wait for the first answer of this type? */
  readonly answerDue: boolean;
  take(context: PullContext): Draft | undefined;
  /** When a resource must be confirmed next, on the monotonic clock. */
  nextHeartbeatMs(): number | undefined;
  /** The audience was cleared: what was noticed but not sent is void. */
  forget(): void;
  close(): void;
  status(): ChannelStatus;
  /** Everything asked for or sent, resource by resource. */
  resources(): Iterable<ResourceStatus>;
}
