// Leases, one by one and in batches. A batch answers only for those that failed: it is the hot path of registration.
import { SteelyardError } from "../../model/errors.js";
import type { HeartbeatsAnswer } from "../answers.js";
import type { ApiDependencies } from "../ports.js";
import { presentLease } from "../present.js";
import type { Handlers } from "../routes.js";

/** Cadence told to a batch in which nothing was known: soon enough for those that register again. */
const FALLBACK_HEARTBEAT_MS = 10_000;

export function heartbeatHandlers({ registry }: ApiDependencies): Pick<Handlers, "heartbeat" | "heartbeats"> {
  return {
    heartbeat({ params: { service, id }, body }) {
      return { status: 200, body: presentLease(registry.heartbeat(service, id, body)) };
    },

    heartbeats({ body }) {
      const results: HeartbeatsAnswer["results"] = [];
      let soonestMs = Number.POSITIVE_INFINITY;
      for (const [i, { service, id, ...beat }] of body.instances.entries()) {
        try {
          soonestMs = Math.min(soonestMs, registry.heartbeat(service, id, beat).heartbeatAfterMs);
        } catch (error) {
          results.push({ i, code: failureOf(error) });
        }
      }
      const heartbeatAfterMs = Number.isFinite(soonestMs) ? soonestMs : FALLBACK_HEARTBEAT_MS;
      return { status: 200, body: { results, heartbeatAfterMs } satisfies HeartbeatsAnswer };
    },
  };
}

function failureOf(error: unknown): HeartbeatsAnswer["results"][number]["code"] {
  if (error instanceof SteelyardError && error.code === "ERR_UNKNOWN_INSTANCE") return "unknown";
  if (error instanceof SteelyardError && error.code === "ERR_GENERATION_CONFLICT") return "generation";
  throw error;
}
