import { LeastLatencyBalancer } from "../../../src/balancers/least-latency/least-latency.js";
import { P2cBalancer } from "../../../src/balancers/p2c/p2c.js";
import { RoundRobinBalancer } from "../../../src/balancers/round-robin/round-robin.js";
import { WeightedRoundRobinBalancer } from "../../../src/balancers/weighted-round-robin/smooth-weighted-round-robin.js";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import { seededRng } from "../../../src/runtime/rng.js";
import { balancerConformance } from "./balancer.suite.js";

const learnsNothing = (reason: string) =>
  [
    "a slower backend never gets more",
    "failing fast does not look fast",
    "keeps what it learned about those that stay",
  ].map((test) => ({ test, reason }));
const noWeights = { test: "follows weights", reason: "takes no account of weights" };

/** Every result takes a millisecond, so that averages in time have time to move in. */
function tickingClock(): ManualClock {
  const clock = new ManualClock();
  const nowMs = clock.nowMs.bind(clock);
  clock.nowMs = () => {
    clock.advance(1);
    return nowMs();
  };
  return clock;
}

balancerConformance({
  name: "round-robin",
  make: (backends) => new RoundRobinBalancer(backends),
  skip: [noWeights, ...learnsNothing("learns nothing")],
});
balancerConformance({
  name: "weighted-round-robin",
  make: (backends) => new WeightedRoundRobinBalancer(backends),
  skip: learnsNothing("learns nothing"),
});
balancerConformance({
  name: "least-latency",
  make: (backends) => new LeastLatencyBalancer(backends, { clock: tickingClock() }),
  skip: [noWeights],
});
balancerConformance({
  name: "p2c",
  make: (backends, seed) => new P2cBalancer(backends, { clock: tickingClock(), rng: seededRng(seed) }),
  skip: [noWeights],
});
