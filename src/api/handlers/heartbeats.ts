// Leases, one by one and in batches, with what instances say of their load. A batch answers only for those that failed: it
// is the hot path of registration.
import type { z } from "zod";
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
  const heard = (service: ServiceName, id: InstanceId, load: Beat["load"], grant: LeaseGrant): LeaseGrant => {
    if (load !== undefined) loads.recordBeat(service, id, load, grant.heartbeatAfterMs);
    return grant;
  };
  return {
    heartbeat({ params: { service, id }, body: { load, ...beat } }) {
      return { status: 200, body: presentLease(heard(service, id, load, registry.heartbeat(service, id, beat))) };
    },

    heartbeats({ body }) {
      const results: HeartbeatsAnswer["results"] = [];
      let soonestMs = Number.POSITIVE_INFINITY;
      for (const [i, { service, id, load, ...beat }] of body.instances.entries()) {
        const result = registry.tryHeartbeat(service, id, beat);
        if (typeof result === "string") results.push({ i, code: result });
        else soonestMs = Math.min(soonestMs, heard(service, id, load, result).heartbeatAfterMs);
      }
      const heartbeatAfterMs = Number.isFinite(soonestMs) ? soonestMs : FALLBACK_HEARTBEAT_MS;
      return { status: 200, body: { results, heartbeatAfterMs } satisfies HeartbeatsAnswer };
    },
  };
}
