// How fast the integrator may turn. The loop is an integrator behind the latency average (first order, tau) and a dead time
// (theta: the report, the round, the answer itself). It oscillates at the gain where the phase reaches -180 degrees:
// w*theta + atan(w*tau) = pi/2, g_u = w*sqrt(1 + (w*tau)^2) (Franklin, Powell and Emami-Naeini, "Feedback Control of
// Dynamic Systems", ch. 6). The plant itself, share to latency, multiplies by at most 2 under LEAST_REQUEST.

/** Upper bound of d ln(latency) / d ln(share) when Envoy's own least-request choice gives way: eps / (1 + eps/2) < 2. */
const LARGEST_PLANT_GAIN = 2;

/** Half of the gain that oscillates: a gain margin of 6 dB, the usual one. */
const MARGIN = 0.5;

export interface LoopTiming {
  /** Memory of the latency average, milliseconds, > 0. */
  readonly tauMs: number;
  /** Interval of the reports, milliseconds. */
  readonly intervalMs: number;
  /** Mean latency of the service, milliseconds: an answer that is on its way says nothing yet. */
  readonly latencyMs: number;
}

/** Dead time of the loop, milliseconds: half an interval of counting, one of waiting for the round, and one answer. */
export function deadTimeMs({ intervalMs, latencyMs }: LoopTiming): number {
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

/** The largest gain per second that stays well damped at any load. */
export function safeGainPerS(timing: LoopTiming): number {
  return (MARGIN * ultimateGainPerS(timing.tauMs, deadTimeMs(timing))) / LARGEST_PLANT_GAIN;
}
