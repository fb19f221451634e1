// The per-request balancers of src/balancers that a proxy can run instead of Envoy's policies: what a better data plane
// could do with what one proxy sees.
import { LeastLatencyBalancer } from "../../balancers/least-latency/least-latency.js";
import type { LoadBalancer } from "../../balancers/load-balancer.js";
import { P2cBalancer } from "../../balancers/p2c/p2c.js";
import { PeakEwmaBalancer } from "../../balancers/peak-ewma/peak-ewma.js";
import { PrequalBalancer } from "../../balancers/prequal/prequal.js";
import { SteelyardError } from "../../model/errors.js";
import type { Clock } from "../../runtime/clock.js";
import type { Rng } from "../../runtime/rng.js";

/** What a host says of itself when it is asked. */
export type AnswerProbe = (backendId: string) => { readonly inFlight: number; readonly latencyMs: number };

export interface LibraryContext {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly answerProbe: AnswerProbe;
}

/** A probe within a data centre, there and back, milliseconds. */
const PROBE_MS = 1;

const BALANCERS: Readonly<Record<string, (context: LibraryContext) => LoadBalancer>> = {
  p2c: ({ clock, rng }) => new P2cBalancer([], { clock, rng }),
  "peak-ewma": ({ clock, rng }) => new PeakEwmaBalancer([], { clock, rng }),
  "least-latency": ({ clock }) => new LeastLatencyBalancer([], { clock }),
  prequal: ({ clock, rng, answerProbe }) => {
    const balancer: PrequalBalancer = new PrequalBalancer([], {
      clock,
      rng,
      requestProbe: ({ id }) =>
        void clock.schedule(PROBE_MS, () => balancer.addProbe({ backendId: id, ...answerProbe(id) })),
    });
    return balancer;
  },
};

export const LIBRARY_BALANCERS: readonly string[] = Object.keys(BALANCERS);

/** @throws SteelyardError ERR_UNKNOWN_POLICY */
export function createLibraryBalancer(name: string, context: LibraryContext): LoadBalancer {
  const create = BALANCERS[name];
  if (create !== undefined) return create(context);
  throw new SteelyardError("ERR_UNKNOWN_POLICY", `no balancer ${name}; there are: ${LIBRARY_BALANCERS.join(", ")}`);
}
