// The gRPC edge of load reporting (envoy.service.load_stats.v3.LoadReportingService).
// Invariants: exactly one LoadStatsResponse per stream, because a repeated one re-arms Envoy's report timer; a bad
// message ends its own stream only; size, rate and number of streams are bounded.
import { type Server, type ServerDuplexStream, type ServiceDefinition, status } from "@grpc/grpc-js";
import { LoadReportingServiceService, LoadStatsResponse } from "../gen/envoy/service/load_stats/v3/lrs.js";
import type { LoadReport } from "../model/load.js";
import type { Clock } from "../runtime/clock.js";
import { type Logger, silentLogger } from "../runtime/logger.js";
import { type MetricSink, noMetrics } from "../runtime/metrics.js";
import { LocalityGauges } from "./locality-gauges.js";
import { DEFAULT_IGNORED_CLUSTERS, decodeLoadStats } from "./lrs-decoder.js";
import { readFirstMessage, readLaterMessage } from "./lrs-message.js";
import { MessageRate } from "./message-rate.js";
import { type Reporter, reporterOf } from "./reporter.js";
import { creditedToOwners, type Takeover } from "./takeover-credit.js";

export interface LrsLimits {
  /** Bytes of one message. Default 4 MiB, about 60,000 endpoints. */
  readonly maxMessageBytes: number;
  /** Open streams. Default 10,000. */
  readonly maxStreams: number;
}

export interface LrsServiceOptions {
  readonly clock: Clock;
  readonly onReport: (report: LoadReport) => void;
  /** The last stream of this node has ended. */
  readonly onNodeGone: (node: string) => void;
  /**
   * Why a client may not report as this node; undefined: it may. Default: all may.
   * @param certificate of the client as TLS has verified it, DER; undefined when it has shown none
   */
  readonly refusal?: (node: string, certificate: Uint8Array | undefined) => string | undefined;
  /** Clusters that are no services. Default: `xds_cluster`. */
  readonly ignoredClusters?: ReadonlySet<string>;
  /** By endpoint, the cluster that takes over there for this one; default: none does. */
  readonly takeoverOf?: (cluster: string) => Takeover | undefined;
  /** Which named metric is the utilisation, by cluster; default: the usual ones. */
  readonly utilizationMetricOf?: (cluster: string) => string | undefined;
  readonly limits?: Partial<LrsLimits>;
  readonly metrics?: MetricSink;
  readonly logger?: Logger;
}

type LrsCall = ServerDuplexStream<Buffer, LoadStatsResponse>;

/** Above this many proxies, new streams are asked for half the reports. */
const MANY_PROXIES = 500;

/** Messages stay bytes until the handler: their size is checked first, and a bad one is INVALID_ARGUMENT. */
const RAW_SERVICE = {
  streamLoadStats: { ...LoadReportingServiceService.streamLoadStats, requestDeserialize: (bytes: Buffer) => bytes },
} satisfies ServiceDefinition;

export class LrsService {
  readonly serviceNames = ["envoy.service.load_stats.v3.LoadReportingService"];
  readonly #options: LrsServiceOptions;
  readonly #limits: LrsLimits;
  readonly #metrics: MetricSink;
  readonly #logger: Logger;
  readonly #streamsOfNode = new Map<string, number>();
  #openStreams = 0;

  constructor(options: LrsServiceOptions) {
    this.#options = options;
    this.#limits = { maxMessageBytes: 4 * 1024 * 1024, maxStreams: 10_000, ...options.limits };
    this.#metrics = options.metrics ?? noMetrics;
    this.#logger = options.logger ?? silentLogger;
  }

  /** Registers the service; the server's own lifetime stays with its owner. */
  addTo(server: Pick<Server, "addService">): void {
    server.addService(RAW_SERVICE, { streamLoadStats: (call: LrsCall) => this.#serve(call) });
  }

  get openStreams(): number {
    return this.#openStreams;
  }

  #serve(call: LrsCall): void {
    let reporter: Reporter | undefined;
    let open = true;
    const rate = new MessageRate(this.#options.clock);
    const gauges = new LocalityGauges();
    this.#openStreams += 1;
    this.#metrics.gauge("steelyard_lrs_streams", this.#openStreams);

    const leave = (): void => {
      if (!open) return;
      open = false;
      this.#openStreams -= 1;
      this.#metrics.gauge("steelyard_lrs_streams", this.#openStreams);
      if (reporter) this.#release(reporter.node);
    };
    const refuse = (code: status, reason: string, details: string): void => {
      this.#metrics.count("steelyard_lrs_streams_refused_total", { reason });
      this.#logger.warn({ node: reporter?.node, peer: call.getPeer(), reason, details }, "load report stream refused");
      leave();
      call.emit("error", { code, details });
    };

    call.on("data", (bytes: Buffer) => {
      if (!open) return;
      this.#metrics.count("steelyard_lrs_messages_total");
      if (bytes.length > this.#limits.maxMessageBytes) {
        refuse(status.RESOURCE_EXHAUSTED, "too_large", `message of ${bytes.length} bytes`);
        return;
      }
      if (!rate.admit()) {
        this.#metrics.count("steelyard_lrs_rejected_total", { reason: "rate" });
        return;
      }
      const message = readOrUndefined(bytes, reporter !== undefined);
      if (message === undefined) {
        refuse(status.INVALID_ARGUMENT, "malformed", "not a LoadStatsRequest");
        return;
      }
      if (reporter === undefined) {
        reporter = "node" in message ? reporterOf(message.node) : undefined;
        if (reporter === undefined) {
          refuse(status.INVALID_ARGUMENT, "node", "the first message needs a node id of 1 to 256 printable characters");
          return;
        }
        const { node } = reporter;
        const refusal = this.#options.refusal?.(node, call.getAuthContext().sslPeerCertificate?.raw);
        if (refusal !== undefined) {
          reporter = undefined; // it has not joined, and has nothing to leave
          refuse(status.PERMISSION_DENIED, "principal", refusal);
          return;
        }
        this.#retain(node);
        call.write(this.#firstAndOnlyAnswer());
      }
      const { reports, byLocality, rejected } = decodeLoadStats(
        message,
        reporter,
        this.#ignoredClusters,
        this.#options.utilizationMetricOf,
      );
      for (const [reason, times] of rejected) {
        this.#metrics.count("steelyard_lrs_rejected_total", { reason }, times);
      }
      const complete = reports.map((report) => (byLocality.has(report.cluster) ? gauges.complete(report) : report));
      const { takeoverOf, onReport } = this.#options;
      for (const report of takeoverOf ? creditedToOwners(complete, takeoverOf) : complete) onReport(report);
    });
    call.on("end", () => {
      leave();
      call.end();
    });
    for (const event of ["cancelled", "error", "close"]) call.on(event, leave);
    if (this.#openStreams > this.#limits.maxStreams) {
      refuse(status.RESOURCE_EXHAUSTED, "too_many", `more than ${this.#limits.maxStreams} load report streams`);
    }
  }

  get #ignoredClusters(): ReadonlySet<string> {
    return this.#options.ignoredClusters ?? DEFAULT_IGNORED_CLUSTERS;
  }

  #firstAndOnlyAnswer(): LoadStatsResponse {
    return LoadStatsResponse.create({
      sendAllClusters: true,
      reportEndpointGranularity: true,
      loadReportingInterval: { seconds: this.#openStreams > MANY_PROXIES ? 2n : 1n, nanos: 0 },
    });
  }

  #retain(node: string): void {
    const streams = (this.#streamsOfNode.get(node) ?? 0) + 1;
    this.#streamsOfNode.set(node, streams);
    // Either a reconnect whose old connection has not timed out yet, or two proxies with one id, which then overwrite
    // each other's in-flight gauges.
    if (streams > 1) this.#logger.warn({ node, streams }, "several load report streams of one node id");
  }

  /** A new stream of the same node may have opened before the old one was found dead. */
  #release(node: string): void {
    const left = (this.#streamsOfNode.get(node) ?? 1) - 1;
    if (left > 0) {
      this.#streamsOfNode.set(node, left);
      return;
    }
    this.#streamsOfNode.delete(node);
    this.#options.onNodeGone(node);
  }
}

type Message = ReturnType<typeof readFirstMessage> | ReturnType<typeof readLaterMessage>;

function readOrUndefined(bytes: Uint8Array, later: boolean): Message | undefined {
  try {
    return later ? readLaterMessage(bytes) : readFirstMessage(bytes);
  } catch {
    return undefined;
  }
}
