// How long a push has to wait after the one before. Envoy restarts its EDF schedule with a constant seed at every weight
// push: a worker that picks fewer than a few times per endpoint in between replays the same slice and starves the rest.
import type { ControlSettings } from "../settings.js";

/** `members`: someone joined, left or changed health. `fault`: a modifier set in or ended. `weights`: the rest. */
export type Urgency = "members" | "fault" | "weights";

export interface Pace {
  readonly endpoints: number;
  readonly workers: number;
  /** Requests of the service per second. */
  readonly serviceRps: number;
}

/** Least milliseconds between the last push and this one. */
export function pushIntervalMs(urgency: Urgency, pace: Pace, settings: ControlSettings["guards"]): number {
  switch (urgency) {
    case "members":
      return settings.membershipIntervalMs;
    case "fault":
      return settings.minPushIntervalMs;
    case "weights": {
      // Each worker replays a slice of its own, so what one starves another serves: errors add up like chance does.
      const cycleMs =
        (1000 * settings.picksPerEndpoint * pace.endpoints * Math.sqrt(pace.workers)) / Math.max(pace.serviceRps, 1e-3);
      return Math.min(settings.maxPushIntervalMs, Math.max(settings.minPushIntervalMs, cycleMs));
    }
  }
}
