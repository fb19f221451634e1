// Services and their policies.
import type { BlockingQueries } from "../blocking-queries.js";
import { strongTag, weakTag } from "../etag.js";
import { pageOf } from "../page.js";
import type { ApiDependencies } from "../ports.js";
import { presentService } from "../present.js";
import type { Handlers } from "../routes.js";
import { revisionToMatch, serviceOf } from "./lookup.js";

export function serviceHandlers(
  { registry }: Pick<ApiDependencies, "registry">,
  blocking: BlockingQueries,
): Pick<Handlers, "putService" | "getService" | "deleteService" | "listServices"> {
  return {
    async putService({ params: { service }, body, ifMatch, ifAbsent }) {
      const { snapshot, outcome } = await registry.putService(service, body, {
        ifNoneMatch: ifAbsent,
        ifMatch: revisionToMatch(ifMatch, registry.services.get(service)?.revision),
      });
      return {
        status: outcome === "created" ? 201 : 200,
        body: presentService(snapshot),
        etag: strongTag(snapshot.revision),
        location: `/v1/services/${service}`,
      };
    },

    async getService({ params: { service }, query, callerGone }) {
      await blocking.changed(query, service, callerGone);
      const snapshot = serviceOf(registry, service);
      return { status: 200, body: presentService(snapshot), etag: strongTag(snapshot.revision) };
    },

    async deleteService({ params: { service }, ifMatch }) {
      await registry.deleteService(service, { ifMatch: ifMatch === "*" ? undefined : ifMatch });
      return { status: 204 };
    },

    async listServices({ query, callerGone }) {
      await blocking.changed(query, undefined, callerGone);
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
