// The gRPC edge of access logs (envoy.service.accesslog.v3.AccessLogService). Envoy sends and is never answered.
// Invariants: a bad message ends its own stream only; size, rate and number of streams are bounded, and what is over the
// rate is dropped before it is decoded: a sample may be thinned, a server must not be drowned.
import { type Server, type ServerReadableStream, type ServiceDefinition, status } from "@grpc/grpc-js";
import {
  AccessLogServiceService,
  StreamAccessLogsMessage,
  type StreamAccessLogsResponse,
} from "../gen/envoy/service/accesslog/v3/als.js";
import type { Clock } from "../runtime/clock.js";
import { type Logger, silentLogger } from "../runtime/logger.js";
import { type MetricSink, noMetrics } from "../runtime/metrics.js";
import { decodeAccessLog } from "./als-decoder.js";
import type { Attempt } from "./attempt.js";
import { ByteRate } from "./byte-rate.js";
import { reporterOf } from "./reporter.js";

export interface AlsLimits {
  /** Bytes of one message. Default 1 MiB; ours are 64 KiB. */
  readonly maxMessageBytes: number;
  /** Open streams; Envoy has one per worker. Default 10,000. */
  readonly maxStreams: number;
  /** Bytes per second of one stream. Default 1 MiB, about 3,000 attempts. */
  readonly streamBytesPerSecond: number;
  /** Bytes per second of all streams. Default 8 MiB. */
  readonly bytesPerSecond: number;
}

export interface AlsServiceOptions {
  readonly clock: Clock;
  /** Why a client may not send as this node, as in LrsService. Default: all may. */
  readonly refusal?: (node: string, certificate: Uint8Array | undefined) => string | undefined;
  readonly onAttempts: (attempts: readonly Attempt[]) => void;
  readonly limits?: Partial<AlsLimits>;
  readonly metrics?: MetricSink;
  readonly logger?: Logger;
}

type AlsCall = ServerReadableStream<Buffer, StreamAccessLogsResponse>;

/** Messages come in bursts: Envoy flushes once a second, and we may have been busy. */
const BURST_SECONDS = 4;

const RAW_SERVICE = {
  streamAccessLogs: { ...AccessLogServiceService.streamAccessLogs, requestDeserialize: (bytes: Buffer) => bytes },
} satisfies ServiceDefinition;

export class AlsService {
  readonly serviceNames = ["envoy.service.accesslog.v3.AccessLogService"];
  readonly #options: AlsServiceOptions;
  readonly #limits: AlsLimits;
  readonly #metrics: MetricSink;
  readonly #logger: Logger;
  readonly #rate: ByteRate;
  #openStreams = 0;

  constructor(options: AlsServiceOptions) {
    this.#options = options;
    this.#limits = {
      maxMessageBytes: 1 << 20,
      maxStreams: 10_000,
      streamBytesPerSecond: 1 << 20,
      bytesPerSecond: 8 << 20,
      ...options.limits,
    };
    this.#metrics = options.metrics ?? noMetrics;
    this.#logger = options.logger ?? silentLogger;
    this.#rate = this.#rateOf(this.#limits.bytesPerSecond);
  }

  addTo(server: Pick<Server, "addService">): void {
    server.addService(RAW_SERVICE, { streamAccessLogs: (call: AlsCall) => this.#serve(call) });
  }

  get openStreams(): number {
    return this.#openStreams;
  }

  #serve(call: AlsCall): void {
    let node: string | undefined;
    let open = true;
    const rate = this.#rateOf(this.#limits.streamBytesPerSecond);
    this.#openStreams += 1;
    this.#metrics.gauge("steelyard_als_streams", this.#openStreams);

    const leave = (): void => {
      if (!open) return;
      open = false;
      this.#openStreams -= 1;
      this.#metrics.gauge("steelyard_als_streams", this.#openStreams);
    };
    const refuse = (code: status, reason: string, details: string): void => {
      this.#metrics.count("steelyard_als_streams_refused_total", { reason });
      this.#logger.warn({ node, peer: call.getPeer(), reason, details }, "access log stream refused");
      leave();
      call.emit("error", { code, details });
    };

    call.on("data", (bytes: Buffer) => {
      if (!open) return;
      this.#metrics.count("steelyard_als_messages_total");
      if (bytes.length > this.#limits.maxMessageBytes) {
        refuse(status.RESOURCE_EXHAUSTED, "too_large", `message of ${bytes.length} bytes`);
        return;
      }
      // The first message tells who sends, and later ones do not: it is read whatever the rate.
      if (!(rate.admit(bytes.length) && this.#rate.admit(bytes.length)) && node !== undefined) {
        this.#metrics.count("steelyard_als_dropped_messages_total");
        return;
      }
      const message = readOrUndefined(bytes);
      if (message === undefined) {
        refuse(status.INVALID_ARGUMENT, "malformed", "not a StreamAccessLogsMessage");
        return;
      }
      if (node === undefined) {
        node = reporterOf(message.identifier?.node)?.node;
        if (node === undefined) {
          refuse(status.INVALID_ARGUMENT, "node", "the first message needs a node id of 1 to 256 printable characters");
          return;
        }
        const refusal = this.#options.refusal?.(node, call.getAuthContext().sslPeerCertificate?.raw);
        if (refusal !== undefined) {
          refuse(status.PERMISSION_DENIED, "principal", refusal);
          return;
        }
      }
      const { attempts, rejected } = decodeAccessLog(message);
      if (attempts.length > 0) this.#metrics.count("steelyard_als_attempts_total", {}, attempts.length);
      for (const [reason, times] of rejected) {
        this.#metrics.count("steelyard_als_rejected_total", { reason }, times);
      }
      this.#options.onAttempts(attempts);
    });
    call.on("end", leave);
    for (const event of ["cancelled", "error", "close"]) call.on(event, leave);
    if (this.#openStreams > this.#limits.maxStreams) {
      refuse(status.RESOURCE_EXHAUSTED, "too_many", `more than ${this.#limits.maxStreams} access log streams`);
    }
  }

  #rateOf(perSecond: number): ByteRate {
    return new ByteRate(this.#options.clock, perSecond, BURST_SECONDS * perSecond);
  }
}

function readOrUndefined(bytes: Uint8Array): StreamAccessLogsMessage | undefined {
  try {
    return StreamAccessLogsMessage.decode(bytes);
  } catch {
    return undefined;
  }
}
