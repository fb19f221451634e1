// Services and their policies.
import { SteelyardError } from "../../model/errors.js";
import type { ServicePolicy } from "../../model/service.js";
import { strongTag, weakTag } from "../etag.js";
import { invalidRequest } from "../invalid-request.js";
import { pageOf } from "../page.js";
import type { AlgorithmInfo, ApiDependencies } from "../ports.js";
import { presentService } from "../present.js";
import type { Handlers } from "../routes.js";
import { revisionToMatch, serviceOf } from "./lookup.js";

/** @throws SteelyardError ERR_UNKNOWN_POLICY, ERR_INVALID_REQUEST with pointers into `settings` */
function checkAlgorithm(algorithms: readonly AlgorithmInfo[], policy: ServicePolicy): void {
  const algorithm = algorithms.find(({ name }) => name === policy.algorithm);
  if (!algorithm) {
    const names = algorithms.map(({ name }) => name).join(", ");
    throw new SteelyardError(
      "ERR_UNKNOWN_POLICY",
      `no algorithm ${JSON.stringify(policy.algorithm)}; there are: ${names}`,
      {
        errors: [{ pointer: "/algorithm", detail: `must be one of ${names}` }],
      },
    );
  }
  const parsed = algorithm.configSchema.safeParse(policy.settings);
  if (!parsed.success) throw invalidRequest(`settings of ${algorithm.name} are not valid`, parsed.error, "/settings");
}

export function serviceHandlers({
  registry,
  algorithms,
}: ApiDependencies): Pick<Handlers, "putService" | "getService" | "deleteService" | "listServices"> {
  return {
    async putService({ params: { service }, body, ifMatch, ifAbsent }) {
      checkAlgorithm(algorithms, body);
      const current = registry.services.get(service);
      if (ifAbsent && current) throw new SteelyardError("ERR_ALREADY_EXISTS", `service ${service} exists already`);
      const { snapshot, outcome } = await registry.putService(service, body, {
        ifMatch: revisionToMatch(ifMatch, current?.revision),
      });
      return {
        status: outcome === "created" ? 201 : 200,
        body: presentService(snapshot),
        etag: strongTag(snapshot.revision),
        location: `/v1/services/${service}`,
      };
    },

    getService({ params: { service } }) {
      const snapshot = serviceOf(registry, service);
      return { status: 200, body: presentService(snapshot), etag: strongTag(snapshot.revision) };
    },

    async deleteService({ params: { service } }) {
      await registry.deleteService(service);
      return { status: 204 };
    },

    listServices({ query }) {
      const names = [...registry.services.keys()].sort();
      const { items, ...page } = pageOf(names, (name) => name, query);
      const services = items.flatMap((name) => {
        const snapshot = registry.services.get(name);
        return snapshot ? [presentService(snapshot)] : [];
      });
      return {
        status: 200,
        body: { revision: registry.revision(), services, ...page },
        etag: weakTag(registry.revision()),
      };
    },
  };
}
