// Every per-request balancer, built the way its documentation recommends, on a clock and a generator that cost next to
// nothing themselves.
import { ConsistentHashBalancer } from "../../src/balancers/consistent-hash/consistent-hash.js";
import { MaglevBalancer } from "../../src/balancers/consistent-hash/maglev.js";
import { LeastConnectionsBalancer } from "../../src/balancers/least-connections/least-connections.js";
import { LeastLatencyBalancer } from "../../src/balancers/least-latency/least-latency.js";
import type { BackendSpec, LoadBalancer } from "../../src/balancers/load-balancer.js";
import { P2cBalancer } from "../../src/balancers/p2c/p2c.js";
import { PeakEwmaBalancer } from "../../src/balancers/peak-ewma/peak-ewma.js";
import { PrequalBalancer } from "../../src/balancers/prequal/prequal.js";
import { RandomBalancer } from "../../src/balancers/random/random.js";
import { RoundRobinBalancer } from "../../src/balancers/round-robin/round-robin.js";
import { WeightedRoundRobinBalancer } from "../../src/balancers/weighted-round-robin/smooth-weighted-round-robin.js";
import type { Clock } from "../../src/runtime/clock.js";
import { type Rng, seededRng } from "../../src/runtime/rng.js";
import { type Target, targets } from "./targets.js";

export interface Contender {
  readonly name: string;
  readonly make: (backends: readonly Target[], surroundings: { clock: Clock; rng: Rng }) => LoadBalancer;
  /** Calls of the balancer per request beside the result's. Default 1. */
  readonly calls?: number;
  /** Whether the cost of a pick grows with the fleet by the nature of the algorithm. Default false. */
  readonly isLinear?: boolean;
}

export const CONTENDERS: readonly Contender[] = [
  { name: "round-robin", make: (backends) => new RoundRobinBalancer(backends) },
  { name: "weighted-round-robin", make: (backends) => new WeightedRoundRobinBalancer(backends), isLinear: true },
  { name: "random", make: (backends, { rng }) => new RandomBalancer(backends, { rng }) },
  { name: "least-connections", make: (backends, { rng }) => new LeastConnectionsBalancer(backends, { rng }) },
  { name: "consistent-hash", make: (backends) => new ConsistentHashBalancer(backends, { maximumRingSize: 1_000_000 }) },
  { name: "maglev", make: (backends) => new MaglevBalancer(backends) },
  { name: "least-latency", make: (backends, { clock }) => new LeastLatencyBalancer(backends, { clock }) },
  { name: "p2c", make: (backends, { clock, rng }) => new P2cBalancer(backends, { clock, rng }) },
  { name: "peak-ewma", make: (backends, { clock, rng }) => new PeakEwmaBalancer(backends, { clock, rng }) },
  { name: "prequal", make: makePrequal, calls: 4 },
];

/** Three probes a request, each answered at once: their cost is part of the algorithm's. */
function makePrequal(backends: readonly Target[], { clock, rng }: { clock: Clock; rng: Rng }): LoadBalancer {
  const balancer = new PrequalBalancer(backends, { clock, rng, requestProbe: (backend) => answer(backend) });
  const answer = (backend: BackendSpec): void => balancer.addProbe((backend as Target).probe);
  return balancer;
}

/** A balancer in the middle of its work: every backend has answered, and some requests are in flight. */
export interface Scene {
  readonly balancer: LoadBalancer;
  /** One request and, 32 requests later, its result. */
  readonly step: () => void;
}

const IN_FLIGHT = 32;
const REQUESTS = Array.from({ length: 1_024 }, (_, i) => ({ id: `request-${i}`, routeKey: `session-${i * 7_919}` }));

export function setScene({ make }: Contender, n: number): Scene {
  let nowMs = 0;
  const clock: Clock = { nowMs: () => nowMs, wallMs: () => nowMs, schedule: () => () => undefined };
  const backends = targets(n);
  const balancer = make(backends, { clock, rng: seededRng(1) });
  for (const { result } of backends) balancer.recordResult(result);
  const outstanding: Target[] = [];
  let requests = 0;
  const step = (): void => {
    nowMs += 1;
    const request = REQUESTS[requests & 1_023];
    const at = requests++ % IN_FLIGHT;
    const finished = outstanding[at];
    if (finished !== undefined) balancer.recordResult(finished.result);
    if (request !== undefined) outstanding[at] = balancer.select(request) as Target;
  };
  for (let i = 0; i < IN_FLIGHT; i++) step();
  return { balancer, step };
}
