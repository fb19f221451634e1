// One open stream, whichever variant and service: bytes in, frames out, a session between. Knows no gRPC beyond status
// codes. Owns the rule that trouble stays here: whatever goes wrong ends this stream with a status and frees what it held.
import { status } from "@grpc/grpc-js";
import type { Cancel } from "../runtime/clock.js";
import { CacheView } from "./cache-view.js";
import type { Peer, StreamInfo } from "./callbacks.js";
import type { Receipt } from "./channel.js";
import type { Draft } from "./draft.js";
import type { Engine } from "./engine.js";
import type { Pumped } from "./fan-out.js";
import type { Waiting } from "./first-answers.js";
import type { NodeInfo } from "./node.js";
import { nodeInfo } from "./node.js";
import type { DiscoveryRequest } from "./request.js";
import type { Session, SessionPorts } from "./session.js";
import { StreamError } from "./stream-error.js";
import type { Kept } from "./stream-upkeep.js";
import { type FrameSink, StreamWriter } from "./stream-writer.js";
import { ruleOf } from "./type-rules.js";
import type { RequestDecoder } from "./wire-requests.js";

/** A protocol variant: how its requests are read and what answers them. */
export interface Protocol<R extends DiscoveryRequest> {
  /** One per stream: it may remember what it has read. */
  readonly decoder: () => RequestDecoder<R>;
  readonly session: (ports: SessionPorts) => Session<R>;
}

export interface StreamTransport extends FrameSink, Peer {
  /** Ends the stream after all that was written, with OK or with the error's status. */
  end(error?: StreamError): void;
  /** Ends the stream at once where the transport can; else as `end`. */
  cut(error: StreamError): void;
  /** As `end`, and lets go of the connection where the transport can. */
  retire(error: StreamError): void;
}

interface StreamOptions<R extends DiscoveryRequest> {
  readonly id: number;
  /** e.g. `ads-sotw`. */
  readonly name: string;
  readonly onlyType: string | undefined;
  readonly protocol: Protocol<R>;
  readonly transport: StreamTransport;
  readonly engine: Engine;
  readonly onClosed: (stream: DiscoveryStream<R>) => void;
}

export class DiscoveryStream<R extends DiscoveryRequest> extends StreamWriter implements Pumped, Waiting, Kept {
  readonly #options: StreamOptions<R>;
  readonly #engine: Engine;
  readonly #transport: StreamTransport;
  readonly #openedAtMs: number;
  readonly #decode: RequestDecoder<R>;
  readonly #onlyType: string | undefined;
  #node: NodeInfo | undefined;
  #audience: string | undefined;
  #session: Session<R> | undefined;
  #closed = false;
  /** Its first answer may be written: its turn has come. */
  #admitted = false;
  /** Its first answer has left, or there was none to write. */
  #greeted = false;
  /** The next time to speak though nothing changed. */
  #heartbeat: { readonly atMs: number; readonly cancel: Cancel } | undefined;

  constructor(options: StreamOptions<R>) {
    const { engine, transport } = options;
    super(engine.limits.writeBatchBytes);
    this.#options = options;
    this.#engine = engine;
    this.#transport = transport;
    this.#decode = options.protocol.decoder();
    this.#onlyType = options.onlyType;
    this.#openedAtMs = engine.clock.wallMs();
  }

  get info(): StreamInfo {
    const { id, name, transport } = this.#options;
    return { id, transport: name, peer: transport.peer, node: this.#node };
  }

  get audience(): string | undefined {
    return this.#audience;
  }

  /** Milliseconds since the Unix epoch. */
  get openedAtMs(): number {
    return this.#openedAtMs;
  }

  /** State per type; empty before the first request. */
  types(): ReturnType<Session["status"]> {
    return this.#session?.status() ?? [];
  }

  /** State per resource; empty before the first request. */
  resources(): ReturnType<Session["resources"]> {
    return this.#session?.resources() ?? [];
  }

  /** One request, as it came. */
  receive(bytes: Uint8Array): void {
    if (this.#closed) return;
    try {
      const { clock, limits, callbacks } = this.#engine;
      const { request, node } = this.#decode(bytes, {
        onlyType: this.#onlyType,
        limits,
        wallMs: clock.wallMs(),
      });
      const session = this.#session ?? this.#join(nodeInfo(node, limits));
      const receipt = session.receive(request, clock.nowMs());
      callbacks.onRequest?.(this.info, { typeUrl: request.typeUrl, kind: receipt.kind });
      this.#observe(request.typeUrl, receipt);
      this.#pump();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  touch(typeUrl: string, names: ReadonlySet<string>): void {
    this.#session?.touch(typeUrl, names);
  }

  forget(): void {
    this.#session?.forget();
  }

  /** Its turn has come to be sent a first answer. */
  admit(): void {
    this.#admitted = true;
    this.pump();
  }

  pump(): void {
    if (this.#closed) return;
    try {
      this.#pump();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  override written(): void {
    try {
      super.written();
      if (!this.#greeted) this.#greet();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** Ends the stream from our side. */
  end(error?: StreamError): void {
    if (this.#closed) return;
    if (error) this.#engine.metrics.count("steelyard_xds_stream_errors_total", { status: status[error.code] });
    this.#leave("xds stream refused", error);
    this.#transport.end(error);
  }

  cut(error: StreamError): void {
    if (this.#closed) return;
    this.#leave("xds stream cut", error);
    this.#transport.cut(error);
  }

  retire(error: StreamError): void {
    if (this.#closed) return;
    this.release();
    this.#transport.retire(error);
  }

  /** Frees everything; the transport is gone already, or is being ended. */
  release(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#heartbeat?.cancel();
    this.closeWriter();
    this.#engine.firstAnswers.done(this);
    this.#session?.close();
    if (this.#audience !== undefined) this.#engine.audiences.leave(this.#audience);
    this.#options.onClosed(this);
  }

  protected override next(): Draft | undefined {
    const session = this.#session;
    return session && !session.quiet ? session.next(this.#engine.clock.nowMs()) : undefined;
  }

  protected override write(draft: Draft): void {
    const { meter, callbacks } = this.#engine;
    const { typeUrl, nonce, versionInfo, resources, removed } = draft;
    const bytes = draft.framed.length;
    meter.response(draft.label, bytes);
    this.#transport.write(draft, this);
    callbacks.onResponse?.(this.info, { typeUrl, nonce, versionInfo, resources, removed, bytes });
  }

  #join(node: NodeInfo): Session<R> {
    const { protocol } = this.#options;
    const { cache, index, limits, callbacks, audiences, audienceOf } = this.#engine;
    const audience = audienceOf(node, this.#transport);
    audiences.join(audience);
    this.#node = node;
    this.#audience = audience;
    const view = new CacheView(cache, audience);
    const interest = index.interestOf(audience, this);
    const { clientFeatures } = node;
    const onMissing = callbacks.onMissing && this.#missing;
    this.#admitted = this.#engine.firstAnswers.ask(this);
    this.#session = protocol.session({ view, interest, frames: cache.frames, limits, clientFeatures, onMissing });
    return this.#session;
  }

  readonly #missing = (typeUrl: string, names: readonly string[]): void => {
    this.#engine.callbacks.onMissing?.(this.info, { typeUrl, names });
  };

  #leave(event: string, error: StreamError | undefined): void {
    if (error) {
      const { id, transport, node } = this.info;
      const reason = { status: status[error.code], reason: error.message };
      this.#engine.logger.warn({ stream: id, transport, node: node?.id, ...reason }, event);
    }
    this.release();
  }

  /** The first answer has left, or there was none: the next in the queue may come. */
  #greet(): void {
    if (this.#greeted) return;
    this.#greeted = true;
    this.#engine.firstAnswers.done(this);
  }

  #pump(): void {
    if (!this.#admitted) return;
    this.writeOut();
    if (!this.#greeted && this.unconfirmed === 0) this.#greet();
    const atMs = this.#session?.nextHeartbeatMs();
    if (atMs === this.#heartbeat?.atMs || this.#closed) return;
    this.#heartbeat?.cancel();
    this.#heartbeat = undefined;
    const { clock } = this.#engine;
    const delayMs = (atMs ?? 0) - clock.nowMs();
    // One that is overdue waits for the client's answer, or for the transport: either pumps.
    if (atMs === undefined || delayMs <= 0) return;
    const cancel = clock.schedule(delayMs, () => {
      this.#heartbeat = undefined;
      this.pump();
    });
    this.#heartbeat = { atMs, cancel };
  }

  #observe(typeUrl: string, receipt: Receipt): void {
    const { meter, logger, callbacks } = this.#engine;
    const { label: type } = ruleOf(typeUrl);
    meter.request(type, receipt);
    if (receipt.kind !== "nack") return;
    const { error, names } = receipt;
    const { id, node } = this.info;
    logger.warn(
      { stream: id, node: node?.id, type, resources: names.slice(0, 16), error: error.message },
      "xds response refused",
    );
    callbacks.onNack?.(this.info, { typeUrl, names, error });
  }

  #fail(thrown: unknown): void {
    if (thrown instanceof StreamError) {
      this.end(thrown);
      return;
    }
    this.#engine.logger.error({ stream: this.#options.id, err: thrown }, "xds stream failed");
    this.end(new StreamError(status.INTERNAL, "internal error"));
  }
}
