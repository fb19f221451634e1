// Serves a ResourceCache over every discovery service, both variants. Owns the open streams and wakes those that a change
// concerns: all changes of one turn of the event loop go out together, in one synchronous pass over the streams.
import type { IncomingMessage, ServerResponse } from "node:http";
import { status, type UntypedHandleCall } from "@grpc/grpc-js";
import { type Clock, systemClock } from "../runtime/clock.js";
import { type Logger, silentLogger } from "../runtime/logger.js";
import { type MetricSink, noMetrics } from "../runtime/metrics.js";
import { type Rng, systemRng } from "../runtime/rng.js";
import { CallTransports, type WritePath } from "./call-transports.js";
import type { Peer, XdsCallbacks } from "./callbacks.js";
import type { ClientReport } from "./client-status.js";
import type { StreamOpener } from "./direct-streams.js";
import { DiscoveryStream, type Protocol, type StreamTransport } from "./discovery-stream.js";
import type { Engine } from "./engine.js";
import { FanOut, type Pumped } from "./fan-out.js";
import { unaryFetch } from "./fetch.js";
import { FirstAnswers } from "./first-answers.js";
import type { BytesCall, CallTransport } from "./grpc-transport.js";
import { IdleAudiences } from "./idle-audiences.js";
import { DEFAULT_LIMITS, type XdsLimits } from "./limits.js";
import { type ListenAddress, type ListenOptions, type ServiceHost, XdsListener } from "./listener.js";
import type { NodeInfo } from "./node.js";
import { type NodeStatus, nodeStatuses, type StreamReport } from "./node-status.js";
import type { DeltaRequest, DiscoveryRequest, SotwRequest } from "./request.js";
import type { ResourceCache } from "./resource-cache.js";
import { RestGateway } from "./rest-gateway.js";
import { bytesMethod, DISCOVERY_SERVICES } from "./services.js";
import { deltaSession, sotwSession } from "./session.js";
import { RecentNames } from "./shared-names.js";
import { StreamError } from "./stream-error.js";
import { StreamMeter } from "./stream-meter.js";
import { StreamUpkeep } from "./stream-upkeep.js";
import { SubscriptionIndex } from "./subscription-index.js";
import { readDelta, sotwDecoder } from "./wire-requests.js";

export interface XdsServerOptions {
  readonly cache: ResourceCache;
  /**
   * Which audience of the cache a node belongs to; asked once per stream, at its first request. The node is untrusted
   * input; the certificate of its peer is not. May throw a StreamError to refuse it.
   */
  readonly audienceOf: (node: NodeInfo, peer: Peer) => string;
  /** Default: the clock of the system. */
  readonly clock?: Clock;
  readonly callbacks?: XdsCallbacks;
  /** Each defaults to its value in DEFAULT_LIMITS. */
  readonly limits?: Partial<XdsLimits>;
  readonly logger?: Logger;
  readonly metrics?: MetricSink;
  /** Spreads the ends of streams that began together. Default: the system's. */
  readonly rng?: Rng;
  /**
   * Content of an audience is dropped this long after its last stream ended, milliseconds, unless it is pinned
   * (`cache.pin`): for audiences that come and go with their nodes, and are filled in `audienceOf`. Default: never.
   */
  readonly collectIdleAudiencesAfterMs?: number;
  /**
   * `http2` (default): frames go straight to the HTTP/2 stream below grpc-js where its shape allows that, else as
   * `grpc-js`, which needs its public interface only and copies every response for every stream.
   */
  readonly writePath?: WritePath;
}

const DELTA: Protocol<DeltaRequest> = { decoder: () => readDelta, session: deltaSession };

/** What the server does with a stream of either variant. */
type OpenStream = Pick<
  DiscoveryStream<DiscoveryRequest>,
  "info" | "audience" | "openedAtMs" | "types" | "resources" | "pump" | "end"
>;

export class XdsServer {
  /** Full names of the gRPC services that `addTo` adds. */
  readonly serviceNames: readonly string[] = DISCOVERY_SERVICES.map(({ service }) => service);
  readonly #engine: Engine;
  readonly #writePath: WritePath;
  readonly #transports: CallTransports;
  readonly #fanOut: FanOut;
  readonly #sotw: Protocol<SotwRequest>;
  readonly #streams = new Set<OpenStream>();
  #lastId = 0;
  #closed = false;
  #listener: XdsListener | undefined;

  constructor(options: XdsServerOptions) {
    const { cache, audienceOf, clock = systemClock, callbacks = {} } = options;
    const { logger = silentLogger, metrics = noMetrics, rng = systemRng, writePath = "http2" } = options;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const index = new SubscriptionIndex<Pumped>();
    const meter = new StreamMeter(metrics);
    const bounds = {
      firstAnswers: new FirstAnswers({ limits, clock, meter }),
      upkeep: new StreamUpkeep({ limits, clock, rng, metrics }),
    };
    const audiences = new IdleAudiences({
      cache,
      clock,
      afterMs: options.collectIdleAudiencesAfterMs,
      onCollected: (audience) => callbacks.onAudienceCollected?.(audience),
    });
    this.#engine = { cache, index, audiences, audienceOf, callbacks, limits, clock, logger, metrics, meter, ...bounds };
    const recent = new RecentNames();
    this.#sotw = { decoder: () => sotwDecoder(recent), session: sotwSession };
    this.#writePath = writePath;
    this.#transports = new CallTransports({ writePath, limits, logger, meter });
    this.#fanOut = new FanOut({ cache, index, clock, metrics });
  }

  /** Adds all discovery services to a server, which stays the caller's: close it after `close()` of this one. */
  addTo(host: ServiceHost): void {
    for (const { label, service, sotw, delta, fetch, onlyType } of DISCOVERY_SERVICES) {
      const handlers: Record<string, UntypedHandleCall> = {};
      const definition: Record<string, ReturnType<typeof bytesMethod>> = {};
      const streams: Record<string, StreamOpener> = {};
      const add = <R extends DiscoveryRequest>(method: string, variant: string, protocol: Protocol<R>): void => {
        const accept = (transport: CallTransport): void =>
          this.#accept(transport, `${label}-${variant}`, onlyType, protocol);
        definition[method] = bytesMethod(service, method);
        handlers[method] = (call: BytesCall) => accept(this.#transports.of(call));
        streams[`/${service}/${method}`] = (stream) => accept(this.#transports.direct(stream));
      };
      if (sotw !== undefined) add(sotw, "sotw", this.#sotw);
      add(delta, "delta", DELTA);
      if (fetch !== undefined && onlyType !== undefined) {
        definition[fetch.method] = bytesMethod(service, fetch.method, "unary");
        handlers[fetch.method] = unaryFetch(this.#engine, `${label}-fetch`, onlyType);
      }
      host.addService(definition, handlers);
      if (this.#writePath !== "http2") continue;
      for (const [path, open] of Object.entries(streams)) host.addStream?.(path, open);
    }
  }

  /**
   * A request handler for `node:http` that serves `POST /v3/discovery:…` (Envoy's `api_type: REST`), in JSON and protobuf,
   * and answers 404 to everything else. Mount it where the data planes may reach it.
   */
  get rest(): (request: IncomingMessage, response: ServerResponse) => void {
    const gateway = new RestGateway(this.#engine);
    return (request, response) => void gateway.handle(request, response);
  }

  /**
   * Listens with a gRPC server of its own. Port 0 takes any free port; the address in use is returned.
   * @throws the error of node:net (`code` EADDRINUSE, EACCES, …) when it cannot listen
   */
  async listen(options: ListenOptions): Promise<ListenAddress> {
    if (this.#listener) throw new Error("listening already");
    const { limits, clock } = this.#engine;
    this.#listener = new XdsListener({ clock, maxRequestBytes: limits.maxRequestBytes });
    this.addTo(this.#listener);
    return this.#listener.open(options);
  }

  /** Ends all streams with UNAVAILABLE, so that clients go elsewhere or come back, and stops listening. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#fanOut.close();
    for (const stream of this.#streams) stream.end(new StreamError(status.UNAVAILABLE, "the server is stopping"));
    this.#engine.audiences.stop();
    const listener = this.#listener;
    this.#listener = undefined;
    await listener?.close();
  }

  /** One entry per node id with an open stream, sorted by id. */
  nodes(): readonly NodeStatus[] {
    return nodeStatuses(this.#reports());
  }

  /** Every open stream with what its client was sent, resource by resource: what a ClientStatusService shows. */
  *clients(): Generator<ClientReport> {
    for (const stream of this.#streams) {
      const { node } = stream.info;
      const { audience } = stream;
      if (node && audience !== undefined) yield { node, audience, types: stream.resources() };
    }
  }

  /** Counts for tests and diagnostics: all are 0 when the last stream is gone. */
  counts(): { readonly streams: number; readonly subscriptions: number; readonly awake: number } {
    return { streams: this.#streams.size, subscriptions: this.#engine.index.size, awake: this.#fanOut.awake };
  }

  #accept<R extends DiscoveryRequest>(
    transport: CallTransport,
    name: string,
    onlyType: string | undefined,
    protocol: Protocol<R>,
  ): void {
    const stream = this.#open({ transport, name, onlyType, protocol });
    if (stream) transport.start(stream);
    else transport.drain();
  }

  #open<R extends DiscoveryRequest>(options: {
    readonly transport: StreamTransport;
    readonly name: string;
    readonly onlyType: string | undefined;
    readonly protocol: Protocol<R>;
  }): DiscoveryStream<R> | undefined {
    const { callbacks, logger } = this.#engine;
    const stream = new DiscoveryStream<R>({
      ...options,
      id: ++this.#lastId,
      engine: this.#engine,
      onClosed: (closed) => {
        if (!this.#streams.delete(closed)) return;
        this.#engine.upkeep.remove(closed);
        this.#engine.meter.stream(options.name, -1);
        try {
          callbacks.onStreamClosed?.(closed.info);
        } catch (thrown) {
          logger.error({ err: thrown }, "xds callback failed"); // the stream is gone: nobody else to tell
        }
      },
    });
    const refusal = this.#refusal(stream);
    if (refusal) {
      stream.end(refusal);
      return undefined;
    }
    this.#streams.add(stream);
    this.#engine.upkeep.add(stream);
    this.#engine.meter.stream(options.name, 1);
    return stream;
  }

  #refusal(stream: OpenStream): StreamError | undefined {
    const { limits, callbacks, logger } = this.#engine;
    if (this.#closed) return new StreamError(status.UNAVAILABLE, "the server is stopping");
    if (this.#streams.size >= limits.maxStreams) {
      return new StreamError(status.RESOURCE_EXHAUSTED, `all ${limits.maxStreams} streams are taken`);
    }
    try {
      callbacks.onStreamOpened?.(stream.info);
      return undefined;
    } catch (thrown) {
      if (thrown instanceof StreamError) return thrown;
      logger.error({ err: thrown }, "xds callback failed");
      return new StreamError(status.INTERNAL, "internal error");
    }
  }

  *#reports(): Generator<StreamReport> {
    for (const stream of this.#streams) {
      const { audience, openedAtMs } = stream;
      const { node, transport } = stream.info;
      if (node && audience !== undefined) yield { node, audience, transport, openedAtMs, types: stream.types() };
    }
  }
}
