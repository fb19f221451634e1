import { ConsistentHashBalancer } from "../../../src/balancers/consistent-hash/consistent-hash.js";
import { MaglevBalancer } from "../../../src/balancers/consistent-hash/maglev.js";
import { HealthTrackingBalancer } from "../../../src/balancers/health/health-tracking.js";
import { LeastConnectionsBalancer } from "../../../src/balancers/least-connections/least-connections.js";
import { LeastLatencyBalancer } from "../../../src/balancers/least-latency/least-latency.js";
import { P2cBalancer } from "../../../src/balancers/p2c/p2c.js";
import { PeakEwmaBalancer } from "../../../src/balancers/peak-ewma/peak-ewma.js";
import { PrequalBalancer } from "../../../src/balancers/prequal/prequal.js";
import { RandomBalancer } from "../../../src/balancers/random/random.js";
import { RoundRobinBalancer } from "../../../src/balancers/round-robin/round-robin.js";
import { WeightedRoundRobinBalancer } from "../../../src/balancers/weighted-round-robin/smooth-weighted-round-robin.js";
import { balancerConformance, ignoresKeys, learnsNothing } from "./balancer.suite.js";

const bestTakesAll = "goes on using a degraded backend";
const ignoresWeights = (reason: string) =>
  ["follows weights", "follows weights at the ends of their range"].map((test) => ({ test, reason }));
/** 100 points per backend leave each share with a spread of a tenth, far more than chance over requests. */
const unevenTable = (reason: string) =>
  ["spreads equal backends evenly", "follows weights", "gives a recovered backend its part again"].map((test) => ({
    test,
    reason,
  }));

balancerConformance({
  name: "round-robin",
  make: (backends) => new RoundRobinBalancer(backends),
  skip: [...ignoresWeights("takes no account of weights"), ...ignoresKeys, ...learnsNothing("learns nothing")],
});
balancerConformance({
  name: "weighted-round-robin",
  make: (backends) => new WeightedRoundRobinBalancer(backends),
  skip: [...ignoresKeys, ...learnsNothing("learns nothing")],
});
balancerConformance({
  name: "random",
  make: (backends, { rng }) => new RandomBalancer(backends, { rng }),
  skip: [...ignoresKeys, ...learnsNothing("learns nothing")],
});
balancerConformance({
  name: "least-connections",
  make: (backends, { rng }) => new LeastConnectionsBalancer(backends, { rng }),
  skip: [
    {
      test: "follows weights at the ends of their range",
      reason: "an idle backend goes before a busy one, whatever their weights",
    },
    ...ignoresKeys,
    ...learnsNothing("sees requests in flight only, and here nothing overlaps"),
  ],
});
balancerConformance({
  name: "consistent-hash",
  make: (backends) => new ConsistentHashBalancer(backends, { maximumRingSize: 8_192 }),
  skip: [...unevenTable("100 points a backend spread its share by a tenth"), ...learnsNothing("learns nothing")],
});
balancerConformance({
  name: "maglev",
  make: (backends) => new MaglevBalancer(backends, { tableSize: 4_001 }),
  skip: [
    {
      test: "moves keys only from a backend that leaves",
      reason: "the table is filled in turns, so a few others move",
    },
    ...learnsNothing("learns nothing"),
  ],
});
balancerConformance({
  name: "least-latency",
  make: (backends, { clock }) => new LeastLatencyBalancer(backends, { clock }),
  skip: [
    ...ignoresWeights("capacity shows in the latency"),
    { test: bestTakesAll, reason: "the best one takes all; others only get trials" },
    ...ignoresKeys,
  ],
});
balancerConformance({
  name: "p2c",
  make: (backends, { clock, rng }) => new P2cBalancer(backends, { clock, rng }),
  skip: [...ignoresWeights("capacity shows in latency and connections"), ...ignoresKeys],
});
balancerConformance({
  name: "peak-ewma",
  make: (backends, { clock, rng }) => new PeakEwmaBalancer(backends, { clock, rng }),
  skip: [...ignoresWeights("capacity shows in the latency"), ...ignoresKeys],
});
balancerConformance({
  name: "prequal",
  make: (backends, { clock, rng, loadOf }) => {
    const balancer = new PrequalBalancer(backends, {
      clock,
      rng,
      requestProbe: ({ id }) => balancer.addProbe({ backendId: id, ...loadOf(id) }),
    });
    return balancer;
  },
  skip: [
    ...ignoresWeights("capacity shows in what probes report"),
    { test: bestTakesAll, reason: "the best of the pool takes all, and here the pool holds everybody" },
    ...ignoresKeys,
  ],
});
balancerConformance({
  name: "round-robin",
  label: "round-robin with health tracking",
  make: (backends, { clock }) =>
    new HealthTrackingBalancer(new RoundRobinBalancer(), backends, { clock, probationIntervalMs: 10 }),
  skip: [
    ...ignoresWeights("takes no account of weights"),
    ...ignoresKeys,
    { test: "moves away from a slow backend", reason: "slow is not failing" },
    { test: "keeps what it learned about those that stay", reason: "slow is not failing" },
  ],
});
balancerConformance({
  name: "least-connections",
  label: "least-connections with health tracking",
  make: (backends, { clock, rng }) =>
    new HealthTrackingBalancer(new LeastConnectionsBalancer([], { rng }), backends, { clock, probationIntervalMs: 10 }),
  skip: [
    {
      test: "follows weights at the ends of their range",
      reason: "an idle backend goes before a busy one, whatever their weights",
    },
    ...ignoresKeys,
    { test: "moves away from a slow backend", reason: "slow is not failing" },
    { test: "keeps what it learned about those that stay", reason: "slow is not failing" },
  ],
});
