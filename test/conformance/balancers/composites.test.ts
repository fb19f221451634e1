// Composites are balancers too: whatever stands inside, the contract holds.
import { FailoverBalancer } from "../../../src/balancers/failover/failover-balancer.js";
import { PeakEwmaBalancer } from "../../../src/balancers/peak-ewma/peak-ewma.js";
import { PriorityRouter } from "../../../src/balancers/priority/priority-router.js";
import { RandomBalancer } from "../../../src/balancers/random/random.js";
import { RetryBalancer } from "../../../src/balancers/retry/retry-balancer.js";
import { balancerConformance, ignoresKeys, learnsNothing } from "./balancer.suite.js";

balancerConformance({
  name: "priority",
  make: (backends, { rng }) => {
    const pool = () => ({ balancer: new RandomBalancer([], { rng }), accepts: () => true });
    return new PriorityRouter(backends, { pools: { high: pool(), normal: pool(), low: pool() } });
  },
  skip: [...ignoresKeys, ...learnsNothing("random learns nothing")],
});
balancerConformance({
  name: "retry",
  make: (backends, { clock, rng }) =>
    new RetryBalancer(backends, new PeakEwmaBalancer([], { clock, rng }), { clock, rng }),
  skip: [
    ...["follows weights", "follows weights at the ends of their range"].map((test) => ({
      test,
      reason: "peak EWMA sees capacity in latency and connections",
    })),
    ...ignoresKeys,
  ],
});
balancerConformance({
  name: "failover",
  make: (backends, { rng }) =>
    new FailoverBalancer(backends, {
      balancerFor: () => new RandomBalancer([], { rng }),
      placementOf: () => ({ priority: 0, locality: { region: "", zone: "", subZone: "" } }),
      panicThreshold: 0,
      rng,
    }),
  skip: [
    {
      test: "goes on using a degraded backend",
      reason: "only when the healthy ones cannot take all traffic, as in Envoy",
    },
    ...ignoresKeys,
    ...learnsNothing("random learns nothing"),
  ],
});
