// How fast the integrator may turn. The loop is an integrator behind the latency average (first order, tau) and a dead time
// (theta: the report, the round, the answer itself). It oscillates at the gain where the phase reaches -180 degrees:
// w*theta + atan(w*tau) = pi/2, g_u = w*sqrt(1 + (w*tau)^2) (Franklin, Powell and Emami-Naeini, "Feedback Control of
// Dynamic Systems", ch. 6). The plant, share to latency, multiplies by eps = rho/(1 - rho) (M/M/1), unless the proxies see
// enough requests in flight to give way by themselves: with a of them per worker and endpoint, LEAST_REQUEST and the share
// law make it eps/(1 + eps*a/(1 + 2a)). One busy proxy bounds it by 2; a hundred proxies with little each do not.

/** Range of eps: at a utilisation of one half, and at 0.9, up to which the loop must be well damped. */
const SMALLEST_ELASTICITY = 1;
const LARGEST_ELASTICITY = 9;

/**
 * eps over the queueing part of the latency (L/L0 - 1): about the number of slots (M/M/c), and twice that because the floor
 * of a fleet that is never idle is too high.
 */
const ELASTICITY_PER_INFLATION = 8;

export interface LoopTiming {
  /** Memory of the latency average, milliseconds, > 0. */
  readonly tauMs: number;
  /** Interval of the reports, milliseconds. */
  readonly intervalMs: number;
  /** Mean latency of the service, milliseconds: an answer that is on its way says nothing yet. */
  readonly latencyMs: number;
  /** Latency without any queue, milliseconds, as far as it is known; 0 = not at all. */
  readonly floorMs: number;
  /** Mean number of requests in flight per endpoint and Envoy worker, >= 0. */
  readonly activePerHost: number;
}

/** d ln(latency) / d ln(target share), as estimated from how much of the latency is queueing. */
export function plantGain({ latencyMs, floorMs, activePerHost }: Omit<LoopTiming, "tauMs" | "intervalMs">): number {
  const inflation = floorMs > 0 ? Math.max(0, latencyMs / floorMs - 1) : Number.POSITIVE_INFINITY;
  const elasticity = Math.min(LARGEST_ELASTICITY, Math.max(SMALLEST_ELASTICITY, ELASTICITY_PER_INFLATION * inflation));
  const givingWay = activePerHost / (1 + 2 * activePerHost);
  return elasticity / (1 + elasticity * givingWay);
}

/** Dead time of the loop, milliseconds: half an interval of counting, one of waiting for the round, and one answer. */
export function deadTimeMs({ intervalMs, latencyMs }: Pick<LoopTiming, "intervalMs" | "latencyMs">): number {
  return 1.5 * intervalMs + latencyMs;
}

/** The gain per second at which the loop with this dead time would oscillate for ever, for a plant of gain 1. */
export function ultimateGainPerS(tauMs: number, deadMs: number): number {
  const tau = tauMs / 1000;
  const theta = Math.max(deadMs / 1000, 1e-3);
  let low = 0;
  let high = Math.PI / (2 * theta);
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (middle * theta + Math.atan(middle * tau) < Math.PI / 2) low = middle;
    else high = middle;
  }
  return low * Math.hypot(1, low * tau);
}

/**
 * The largest gain per second that stays well damped up to a utilisation of 0.9.
 * @param margin part of the gain that oscillates; 0.5 is a gain margin of 6 dB
 */
export function safeGainPerS(timing: LoopTiming, margin: number): number {
  return (margin * ultimateGainPerS(timing.tauMs, deadTimeMs(timing))) / plantGain(timing);
}
