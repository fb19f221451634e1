// Freezing the weights of a service, and lifting that.
import type { FreezeAnswer } from "../answers.js";
import type { ApiDependencies } from "../ports.js";
import { presentFreeze } from "../present.js";
import type { Handlers } from "../routes.js";
import { serviceOf } from "./lookup.js";

export function freezeHandlers({ registry, freezes }: ApiDependencies): Pick<Handlers, "putFreeze" | "deleteFreeze"> {
  return {
    async putFreeze({ params: { service }, body: { reason, ttlSeconds } }) {
      const ttlMs = ttlSeconds === undefined ? undefined : 1_000 * ttlSeconds;
      const freeze = await freezes.freeze(service, { reason, ttlMs });
      return { status: 200, body: { service, ...presentFreeze(freeze) } satisfies FreezeAnswer };
    },

    async deleteFreeze({ params: { service } }) {
      serviceOf(registry, service);
      await freezes.unfreeze(service);
      return { status: 204 };
    },
  };
}
