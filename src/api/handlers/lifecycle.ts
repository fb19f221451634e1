// Taking instances out and back in: the instance's own drain, and what an operator says.
import type { ApiDependencies } from "../ports.js";
import { instanceTag, presentInstance } from "../present.js";
import type { Handlers } from "../routes.js";

export function lifecycleHandlers({ registry }: ApiDependencies): Pick<Handlers, "drain" | "putAdminState"> {
  return {
    async drain({ params: { service, id }, body }) {
      const { timeoutSeconds, rampSeconds } = body;
      const times = { timeoutMs: timeoutSeconds * 1_000, rampMs: rampSeconds * 1_000 };
      const instance = await registry.drain(service, id, times);
      return {
        status: 202,
        body: presentInstance(instance),
        etag: instanceTag(instance),
        location: `/v1/services/${service}/instances/${id}`,
      };
    },

    async putAdminState({ params: { service, id }, body }) {
      const instance = await registry.setAdminState(service, id, body.state);
      return { status: 200, body: presentInstance(instance), etag: instanceTag(instance) };
    },
  };
}
