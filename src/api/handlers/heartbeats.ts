// Leases, one by one and in batches, with what instances say of their load. A batch answers only for those that failed: it
// is the hot path of registration.
import type { z } from "zod";
import { SteelyardError } from "../../model/errors.js";
import type { InstanceId, ServiceName } from "../../model/ids.js";
import type { LeaseGrant } from "../../registry/lease-grant.js";
import type { HeartbeatsAnswer } from "../answers.js";
import type { ApiDependencies } from "../ports.js";
import { presentLease } from "../present.js";
import type { heartbeatSchema } from "../requests.js";
import type { Handlers } from "../routes.js";

type Beat = z.output<typeof heartbeatSchema>;

/** Cadence told to a batch in which nothing was known: soon enough for those that register again. */
const FALLBACK_HEARTBEAT_MS = 10_000;

export function heartbeatHandlers({ registry, loads }: ApiDependencies): Pick<Handlers, "heartbeat" | "heartbeats"> {
  const take = (service: ServiceName, id: InstanceId, { load, ...beat }: Beat): LeaseGrant => {
    const grant = registry.heartbeat(service, id, beat);
    if (load !== undefined) loads.recordBeat(service, id, load, grant.heartbeatAfterMs);
    return grant;
  };
  return {
    heartbeat({ params: { service, id }, body }) {
      return { status: 200, body: presentLease(take(service, id, body)) };
    },

    heartbeats({ body }) {
      const results: HeartbeatsAnswer["results"] = [];
      let soonestMs = Number.POSITIVE_INFINITY;
      for (const [i, { service, id, ...beat }] of body.instances.entries()) {
        try {
          soonestMs = Math.min(soonestMs, take(service, id, beat).heartbeatAfterMs);
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
