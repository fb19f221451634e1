// Every algorithm of the library, set up as the complete example runs it. The composites have to be told something about
// the backends: in a list sorted by weight the lightest third is the pool of low priority, the heaviest that of high; and
// for failover the heaviest third is a spare priority level, while the first backend goes down half-way.
import type { Clock } from "../../runtime/clock.js";
import type { Rng } from "../../runtime/rng.js";
import { ConsistentHashBalancer } from "../consistent-hash/consistent-hash.js";
import { MaglevBalancer } from "../consistent-hash/maglev.js";
import { FailoverBalancer } from "../failover/failover-balancer.js";
import { LeastConnectionsBalancer } from "../least-connections/least-connections.js";
import { LeastLatencyBalancer } from "../least-latency/least-latency.js";
import type { BackendSpec, BalanceRequest, LoadBalancer, Priority } from "../load-balancer.js";
import { P2cBalancer } from "../p2c/p2c.js";
import { PeakEwmaBalancer } from "../peak-ewma/peak-ewma.js";
import { PrequalBalancer } from "../prequal/prequal.js";
import type { Probe } from "../prequal/probe-pool.js";
import { PriorityRouter } from "../priority/priority-router.js";
import { RandomBalancer } from "../random/random.js";
import { RetryBalancer } from "../retry/retry-balancer.js";
import type { RetryDecision, RetrySequence } from "../retry/retry-sequence.js";
import { RoundRobinBalancer } from "../round-robin/round-robin.js";
import { WeightedRoundRobinBalancer } from "../weighted-round-robin/smooth-weighted-round-robin.js";

export interface ExampleSurroundings {
  readonly clock: Clock;
  readonly rng: Rng;
  /** What a backend says when it is probed. */
  readonly probe: (backend: BackendSpec) => Probe;
}

/** What the example asks of the attempts of one request. */
export type Attempts = Pick<RetrySequence, "select" | "unavailable" | "failed">;

export interface ExampleInstance {
  readonly balancer: LoadBalancer;
  readonly begin: (request: BalanceRequest) => Attempts;
  /** The backends from half-way on, where they change. */
  readonly secondHalf?: readonly BackendSpec[];
}

export interface ExampleAlgorithm {
  readonly name: string;
  /** Under `src/balancers/`; its README.md tells the idea. */
  readonly folder: string;
  /** Order of growth of one pick with its result, n backends. */
  readonly cost: string;
  readonly make: (backends: readonly BackendSpec[], surroundings: ExampleSurroundings) => ExampleInstance;
}

const STOP: RetryDecision = { kind: "stop", error: undefined };

type MakeBalancer = (backends: readonly BackendSpec[], surroundings: ExampleSurroundings) => LoadBalancer;

function single(name: string, cost: string, make: MakeBalancer, folder = name): ExampleAlgorithm {
  return { name, folder, cost, make: (backends, surroundings) => once(make(backends, surroundings)) };
}

/** One attempt per request. */
function once(balancer: LoadBalancer): ExampleInstance {
  return {
    balancer,
    begin: (request) => ({ select: () => balancer.select(request), unavailable: () => STOP, failed: () => STOP }),
  };
}

export const EXAMPLE_ALGORITHMS: readonly ExampleAlgorithm[] = [
  single("round-robin", "O(1)", (backends) => new RoundRobinBalancer(backends)),
  single("weighted-round-robin", "O(n)", (backends) => new WeightedRoundRobinBalancer(backends)),
  single("random", "O(1)", (backends, { rng }) => new RandomBalancer(backends, { rng })),
  single("least-connections", "O(log n)", (backends, { rng }) => new LeastConnectionsBalancer(backends, { rng })),
  single("consistent-hash", "O(log n)", (backends) => new ConsistentHashBalancer(backends)),
  single("maglev", "O(1)", (backends) => new MaglevBalancer(backends), "consistent-hash"),
  single("least-latency", "O(log n)", (backends, { clock }) => new LeastLatencyBalancer(backends, { clock })),
  single("p2c", "O(1)", (backends, { clock, rng }) => new P2cBalancer(backends, { clock, rng })),
  single("peak-ewma", "O(1)", peakEwma),
  single("prequal", "O(1)", prequal),
  single("priority", "as inside", priority),
  { name: "retry", folder: "retry", cost: "as inside", make: retry },
  { name: "failover", folder: "failover", cost: "O(levels)", make: failover },
];

/** Also inside the composites: it learns, and asks again those that it has not heard of for long. */
function peakEwma(backends: readonly BackendSpec[], { clock, rng }: ExampleSurroundings): LoadBalancer {
  return new PeakEwmaBalancer(backends, { clock, rng });
}

/** Probes are answered at once: the example has no network. */
function prequal(backends: readonly BackendSpec[], { clock, rng, probe }: ExampleSurroundings): LoadBalancer {
  const balancer: PrequalBalancer = new PrequalBalancer(backends, {
    clock,
    rng,
    requestProbe: (backend) => balancer.addProbe(probe(backend)),
  });
  return balancer;
}

function priority(backends: readonly BackendSpec[], surroundings: ExampleSurroundings): LoadBalancer {
  const third = Math.floor(backends.length / 3);
  const heaviestFirst = backends.toSorted((a, b) => b.weight - a.weight).map(({ id }) => id);
  const members: Record<Priority, ReadonlySet<string>> = {
    high: new Set(heaviestFirst.slice(0, third)),
    normal: new Set(heaviestFirst.slice(third, heaviestFirst.length - third)),
    low: new Set(heaviestFirst.slice(heaviestFirst.length - third)),
  };
  const pool = (of: Priority) => ({
    balancer: peakEwma([], surroundings),
    accepts: ({ id }: BackendSpec) => members[of].has(id),
  });
  return new PriorityRouter(backends, { pools: { high: pool("high"), normal: pool("normal"), low: pool("low") } });
}

function retry(backends: readonly BackendSpec[], surroundings: ExampleSurroundings): ExampleInstance {
  const balancer = new RetryBalancer(backends, peakEwma([], surroundings), surroundings);
  return { balancer, begin: (request) => balancer.sequence(request) };
}

function failover(backends: readonly BackendSpec[], surroundings: ExampleSurroundings): ExampleInstance {
  const third = Math.floor(backends.length / 3);
  const spare = new Set(
    backends
      .toSorted((a, b) => b.weight - a.weight)
      .slice(0, third)
      .map(({ id }) => id),
  );
  const balancer = new FailoverBalancer(backends, {
    balancerFor: () => peakEwma([], surroundings),
    placementOf: ({ id }) => ({
      priority: spare.has(id) ? 1 : 0,
      locality: { region: "", zone: "", subZone: "" },
    }),
    rng: surroundings.rng,
  });
  const secondHalf = backends.map(
    (backend, i): BackendSpec => (i === 0 ? { ...backend, health: "unhealthy" } : backend),
  );
  return { ...once(balancer), secondHalf };
}
