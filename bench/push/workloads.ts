// What is measured. A push changes one assignment; the next goes out when everyone concerned has the last, so that all
// contenders send the same number of messages and none wins by merging.

export interface Workload {
  readonly name: string;
  readonly what: string;
  readonly variant: "sotw" | "delta";
  readonly streams: number;
  readonly clusters: number;
  /** Per assignment. */
  readonly endpoints: number;
  /** Assignments that each stream subscribes to. */
  readonly names: number;
  readonly warmUpPushes: number;
  readonly pushes: number;
  /** Least time from push to push. */
  readonly intervalMs: number;
  /** The same while warming up. Default: `intervalMs`. */
  readonly warmUpIntervalMs?: number;
  /** Streams that stop reading before the first push. Default 0. */
  readonly stopped?: number;
  readonly tls?: boolean;
  readonly contenders: readonly string[];
}

const RIVALS = ["steelyard", "gcp-linear", "gcp-best"] as const;

const base = { variant: "sotw", clusters: 1, endpoints: 1_000, names: 1, contenders: RIVALS } as const;

export const WORKLOADS: readonly Workload[] = [
  {
    ...base,
    name: "W1-1000",
    what: "1 assignment of 1,000 endpoints (59 KB) to 1,000 streams",
    streams: 1_000,
    warmUpPushes: 20,
    pushes: 30,
    intervalMs: 250,
    contenders: [...RIVALS, "gcp-snapshot", "grpc-go-raw", "steelyard-grpc-js", "plain"],
  },
  {
    ...base,
    name: "W1-3000",
    what: "the same to 3,000 streams",
    streams: 3_000,
    warmUpPushes: 10,
    pushes: 14,
    intervalMs: 400,
    contenders: [...RIVALS, "grpc-go-raw"],
  },
  {
    ...base,
    name: "W1-1000-delta",
    what: "W1-1000, delta",
    variant: "delta",
    streams: 1_000,
    warmUpPushes: 20,
    pushes: 30,
    intervalMs: 250,
  },
  {
    ...base,
    name: "W1-1000-tls",
    what: "W1-1000 over TLS 1.3",
    streams: 1_000,
    warmUpPushes: 20,
    pushes: 20,
    intervalMs: 400,
    tls: true,
    contenders: ["steelyard", "gcp-linear"],
  },
  {
    ...base,
    name: "W2-5000",
    what: "1 assignment of 50 endpoints (3 KB) to 5,000 streams, 5 a second",
    streams: 5_000,
    endpoints: 50,
    warmUpPushes: 15,
    pushes: 30,
    intervalMs: 200,
    contenders: [...RIVALS, "grpc-go-raw"],
  },
  {
    ...base,
    name: "W3",
    what: "delta, 200 assignments of 50 endpoints, 500 streams with 10 names each; 25 streams per push",
    variant: "delta",
    streams: 500,
    clusters: 200,
    endpoints: 50,
    names: 10,
    // Code that runs once per push, and not once per stream, takes thousands of pushes to be compiled.
    warmUpPushes: 4_000,
    warmUpIntervalMs: 0,
    pushes: 200,
    intervalMs: 20,
    contenders: [...RIVALS, "gcp-snapshot", "grpc-go-raw"],
  },
  {
    ...base,
    name: "W4",
    what: "connect storm: 3,000 clients at once, 100 assignments of 50 endpoints (314 KB) each",
    streams: 3_000,
    clusters: 100,
    endpoints: 50,
    names: 100,
    warmUpPushes: 0,
    pushes: 0,
    intervalMs: 0,
    contenders: [...RIVALS, "grpc-go-raw"],
  },
  {
    ...base,
    name: "W5",
    what: "W1 content to 100 streams of which 50 read nothing, 10 a second",
    streams: 100,
    warmUpPushes: 100,
    pushes: 50,
    intervalMs: 100,
    stopped: 50,
  },
  {
    ...base,
    name: "W5-later",
    what: "W5 from push 400 on, when the heap has the size it will keep",
    streams: 100,
    warmUpPushes: 400,
    warmUpIntervalMs: 20,
    pushes: 50,
    intervalMs: 100,
    stopped: 50,
    contenders: ["steelyard"],
  },
  {
    ...base,
    name: "idle",
    what: "3,000 streams with one assignment of 50 endpoints each, acknowledged, nothing to do",
    streams: 3_000,
    clusters: 3_000,
    endpoints: 50,
    warmUpPushes: 0,
    pushes: 0,
    intervalMs: 0,
  },
];

/** A look in a few minutes: fewer pushes, smaller warm-up, the same shapes. */
export function quick(workload: Workload): Workload {
  const warmUpPushes = workload.stopped
    ? workload.warmUpPushes
    : Math.min(workload.warmUpPushes, workload.clusters > 1 ? 2_000 : 10);
  const pushes = workload.stopped ? workload.pushes : Math.min(workload.pushes, workload.clusters > 1 ? 100 : 8);
  return { ...workload, warmUpPushes, pushes };
}
