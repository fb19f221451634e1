// One stream of one client, without transport: a synchronous state machine from requests and cache changes to responses.
// Owns the order between types. Both variants, aggregated or not, are this class with other channels.
import type { Channel, ChannelPorts, ChannelStatus, Receipt } from "./channel.js";
import type { TypeResources } from "./client-status.js";
import { DeltaChannel } from "./delta-channel.js";
import type { Draft } from "./draft.js";
import type { FrameFactory, Variant } from "./frame.js";
import { supportsTtl } from "./heartbeats.js";
import type { DeltaRequest, DiscoveryRequest, SotwRequest } from "./request.js";
import { SotwChangesChannel } from "./sotw-changes-channel.js";
import { SotwFullChannel } from "./sotw-full-channel.js";
import { resourceExhausted } from "./stream-error.js";
import { TtlFrames } from "./ttl-frames.js";
import { ruleOf } from "./type-rules.js";

export interface SessionPorts extends Omit<ChannelPorts, "rule" | "frames" | "ttlFrames"> {
  readonly frames: FrameFactory;
  /** What the client says it can do. */
  readonly clientFeatures: readonly string[];
}

interface SessionOptions<R> {
  readonly ports: Omit<ChannelPorts, "rule">;
  readonly open: (ports: ChannelPorts) => Channel<R>;
}

/** What the transport needs of a session, whichever variant. */
export interface Session<R extends DiscoveryRequest = DiscoveryRequest> {
  /** @throws StreamError RESOURCE_EXHAUSTED */
  receive(request: R, nowMs: number): Receipt;
  touch(typeUrl: string, names: ReadonlySet<string>): void;
  /** The next response that may go now, if there is one. It counts as sent once it is returned. */
  next(nowMs: number): Draft | undefined;
  /** Would `next` find nothing, whatever the time? */
  readonly quiet: boolean;
  /** When `next` must be called again though nothing changed, on the monotonic clock. */
  nextHeartbeatMs(): number | undefined;
  forget(): void;
  close(): void;
  status(): readonly ChannelStatus[];
  resources(): readonly TypeResources[];
}

export class DiscoverySession<R extends DiscoveryRequest> implements Session<R> {
  readonly #ports: Omit<ChannelPorts, "rule">;
  readonly #open: (ports: ChannelPorts) => Channel<R>;
  /** In the order of the wire. */
  #ordered: readonly Channel<R>[] = [];

  constructor({ ports, open }: SessionOptions<R>) {
    this.#ports = ports;
    this.#open = open;
  }

  receive(request: R, nowMs: number): Receipt {
    const open = this.#channel(request.typeUrl);
    if (open) return open.receive(request, false, nowMs);
    return this.#openChannel(request.typeUrl).receive(request, true, nowMs);
  }

  touch(typeUrl: string, names: ReadonlySet<string>): void {
    this.#channel(typeUrl)?.touch(names);
  }

  get quiet(): boolean {
    for (const channel of this.#ordered) if (!channel.quiet) return false;
    return true;
  }

  next(nowMs: number): Draft | undefined {
    for (const channel of this.#ordered) {
      if (channel.quiet || this.#mustWait(channel)) continue;
      const { parent } = channel.rule;
      const othersPending = (): boolean =>
        this.#ordered.some(
          (other) => other !== channel && (other.pending() || (other.rule.typeUrl === parent && other.unsent())),
        );
      const draft = channel.take({ nowMs, othersPending });
      if (!draft) continue;
      this.#followUp(draft);
      return draft;
    }
    return undefined;
  }

  nextHeartbeatMs(): number | undefined {
    if (!this.#ports.ttlFrames) return undefined;
    const each = this.#ordered.flatMap((channel) => channel.nextHeartbeatMs() ?? []);
    return each.length === 0 ? undefined : Math.min(...each);
  }

  forget(): void {
    for (const channel of this.#ordered) channel.forget();
  }

  close(): void {
    for (const channel of this.#ordered) channel.close();
    this.#ordered = [];
  }

  status(): readonly ChannelStatus[] {
    return this.#ordered.map((channel) => channel.status());
  }

  resources(): readonly TypeResources[] {
    return this.#ordered.map((channel) => ({ typeUrl: channel.rule.typeUrl, resources: channel.resources() }));
  }

  /**
   * Routes to a cluster must not arrive before the cluster, which waits for its turn while an older response is
   * unanswered. Endpoints never wait: Envoy holds back the acknowledgement of clusters until it has them. First answers
   * do not wait either, for a client may need them to finish its start.
   */
  #mustWait(channel: Channel<R>): boolean {
    const { after } = channel.rule;
    if (after === undefined || channel.answerDue) return false;
    return this.#channel(after)?.pending() ?? false;
  }

  /** A stream has a handful of types: looking along the list is quicker than hashing a long name. */
  #channel(typeUrl: string): Channel<R> | undefined {
    for (const channel of this.#ordered) if (channel.rule.typeUrl === typeUrl) return channel;
    return undefined;
  }

  #followUp(draft: Draft): void {
    for (const channel of this.#ordered) if (channel.rule.parent === draft.typeUrl) channel.parentSent();
    const { rank } = ruleOf(draft.typeUrl);
    for (const { typeUrl, name } of draft.dependents) {
      const channel = this.#channel(typeUrl);
      // What goes before on the wire (a route's clusters) does not wait for this, and must not be disturbed.
      if (channel && channel.rule.rank >= rank) channel.resend(name);
    }
  }

  #openChannel(typeUrl: string): Channel<R> {
    const { maxTypesPerStream } = this.#ports.limits;
    if (this.#ordered.length >= maxTypesPerStream) {
      throw resourceExhausted(`more than ${maxTypesPerStream} resource types on one stream`);
    }
    const { view, interest, frames, ttlFrames, limits, onMissing } = this.#ports;
    const channel = this.#open({ rule: ruleOf(typeUrl), view, interest, frames, ttlFrames, limits, onMissing });
    this.#ordered = [...this.#ordered, channel].sort((a, b) => a.rule.rank - b.rule.rank);
    return channel;
  }
}

const openSotw = (ports: ChannelPorts): Channel<SotwRequest> =>
  ports.rule.fullState ? new SotwFullChannel(ports) : new SotwChangesChannel(ports);

const openDelta = (ports: ChannelPorts): Channel<DeltaRequest> => new DeltaChannel(ports);

export function sotwSession(ports: SessionPorts): DiscoverySession<SotwRequest> {
  return new DiscoverySession<SotwRequest>({ ports: channelPorts(ports, "sotw"), open: openSotw });
}

export function deltaSession(ports: SessionPorts): DiscoverySession<DeltaRequest> {
  return new DiscoverySession<DeltaRequest>({ ports: channelPorts(ports, "delta"), open: openDelta });
}

/** Spelled out: a copy by rest or spread is a dictionary, and every read of it a slow one, on the path of every push. */
function channelPorts(ports: SessionPorts, variant: Variant): Omit<ChannelPorts, "rule"> {
  const { view, interest, frames, limits, onMissing, clientFeatures } = ports;
  const ttlFrames = supportsTtl(clientFeatures, variant) ? new TtlFrames(frames) : undefined;
  return { view, interest, frames: ttlFrames ?? frames, ttlFrames, limits, onMissing };
}
