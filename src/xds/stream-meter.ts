// Counts what streams do and tells the metrics when they pause: a push to thousands of streams, or their coming all at once,
// is a few additions per series, not thousands of label lookups on the hot path.
import type { MetricSink } from "../runtime/metrics.js";
import type { Receipt } from "./channel.js";

/** Clients built on the gRPC libraries refuse larger messages unless told otherwise. */
const CLIENT_DEFAULT_LIMIT_BYTES = 4 << 20;

/** Turns of the event loop with news, one after the other, after which the metrics are told all the same. */
const MAX_TURNS = 32;

type RequestKind = Receipt["kind"];

/** Of one type since the last report. */
class Tally {
  readonly labels: { readonly type: string };
  responses = 0;
  responseBytes = 0;
  oversize = 0;
  readonly requests: Record<RequestKind, number> = { none: 0, stale: 0, ack: 0, nack: 0 };
  ackSeconds: number[] = [];
  reported = true;

  constructor(type: string) {
    this.labels = { type };
  }
}

const KINDS: readonly RequestKind[] = ["none", "stale", "ack", "nack"];

/** `direct`, `http2`: shared frames, past grpc-js or from within a call of it; `grpc-js`: a copy each. */
type Path = "direct" | "http2" | "grpc-js";

export class StreamMeter {
  readonly #metrics: MetricSink;
  readonly #open = new Map<string, number>();
  readonly #changed = new Set<string>();
  readonly #opened = new Map<Path, number>();
  readonly #tallies = new Map<string, Tally>();
  #due: Tally[] = [];
  #waiting = 0;
  #waitingTold = 0;
  #scheduled = false;
  /** Since the turn before. */
  #news = false;
  #turns = 0;

  constructor(metrics: MetricSink) {
    this.#metrics = metrics;
  }

  /** A stream was opened (1) or is gone (-1); `transport`: e.g. `ads-sotw`. */
  stream(transport: string, by: 1 | -1): void {
    this.#open.set(transport, (this.#open.get(transport) ?? 0) + by);
    this.#changed.add(transport);
    this.#schedule();
  }

  /** A stream will be written this way. */
  path(path: Path): void {
    this.#opened.set(path, (this.#opened.get(path) ?? 0) + 1);
    this.#schedule();
  }

  /** So many streams wait for their turn to be sent a first answer. */
  waiting(streams: number): void {
    this.#waiting = streams;
    this.#schedule();
  }

  /** `type`: label of the type. */
  response(type: string, bytes: number): void {
    const tally = this.#tally(type);
    tally.responses++;
    tally.responseBytes += bytes;
    if (bytes > CLIENT_DEFAULT_LIMIT_BYTES) tally.oversize++;
  }

  request(type: string, receipt: Receipt): void {
    const tally = this.#tally(type);
    tally.requests[receipt.kind]++;
    if (receipt.kind === "ack") tally.ackSeconds.push(receipt.latencyMs / 1000);
  }

  #tally(type: string): Tally {
    let tally = this.#tallies.get(type);
    if (!tally) this.#tallies.set(type, (tally = new Tally(type)));
    if (tally.reported) {
      tally.reported = false;
      this.#due.push(tally);
    }
    this.#schedule();
    return tally;
  }

  #schedule(): void {
    this.#news = true;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    if (this.#news && ++this.#turns < MAX_TURNS) {
      this.#news = false;
      setImmediate(this.#turn);
      return;
    }
    this.#scheduled = false;
    this.#turns = 0;
    this.#report();
  };

  #report(): void {
    if (this.#waiting !== this.#waitingTold) {
      this.#metrics.gauge("steelyard_xds_first_answers_waiting", this.#waiting);
      this.#waitingTold = this.#waiting;
    }
    for (const transport of this.#changed) {
      this.#metrics.gauge("steelyard_xds_streams", this.#open.get(transport) ?? 0, { transport });
    }
    this.#changed.clear();
    for (const [path, streams] of this.#opened) {
      this.#metrics.count("steelyard_xds_streams_opened_total", { path }, streams);
    }
    this.#opened.clear();
    const due = this.#due;
    this.#due = [];
    for (const tally of due) this.#tell(tally);
  }

  #tell(tally: Tally): void {
    const { labels, responses, responseBytes, oversize, requests, ackSeconds } = tally;
    const count = (name: string, by: number): void => {
      if (by > 0) this.#metrics.count(name, labels, by);
    };
    count("steelyard_xds_responses_total", responses);
    count("steelyard_xds_response_bytes_total", responseBytes);
    count("steelyard_xds_oversize_responses_total", oversize);
    for (const kind of KINDS) {
      if (requests[kind] > 0) this.#metrics.count("steelyard_xds_requests_total", { ...labels, kind }, requests[kind]);
      requests[kind] = 0;
    }
    for (const seconds of ackSeconds) this.#metrics.observe("steelyard_xds_ack_seconds", seconds, labels);
    tally.responses = tally.responseBytes = tally.oversize = 0;
    tally.ackSeconds = [];
    tally.reported = true;
  }
}
