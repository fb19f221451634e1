// Open-loop load on one service.
import { OpenLoopLoad } from "../../../envoy/lab/open-loop-load.js";
import { seededRng } from "../../../src/runtime/rng.js";
import { RecordedLoad } from "./recorded-load.js";

export interface ServiceLoadOptions {
  /** Also the Host header. */
  readonly service: string;
  readonly port: number;
  /** Arrivals per second. */
  readonly rateRps: number;
  /** Default 1. */
  readonly seed?: number;
  /** Milliseconds until an unanswered request counts as an error; default 20,000. */
  readonly timeoutMs?: number;
}

export class ServiceLoad extends RecordedLoad {
  readonly #load: OpenLoopLoad;
  #stopped: Promise<void> | undefined;

  constructor(options: ServiceLoadOptions) {
    const { service, port, rateRps, seed = 1, timeoutMs } = options;
    super(service);
    this.#load = new OpenLoopLoad({
      targets: [{ name: service, port }],
      rateRps,
      rng: seededRng(seed),
      onRecord: (record) => this.record([record]),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  }

  start(): void {
    this.#load.start();
  }

  /** Ends the load; what is unanswered after 5 s counts as an error. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped ??= this.#load.stop(5_000);
    await this.#stopped;
  }
}
