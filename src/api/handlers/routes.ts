// Routes of the gateway.
import { SteelyardError } from "../../model/errors.js";
import { strongTag, weakTag } from "../etag.js";
import { pageOf } from "../page.js";
import type { ApiDependencies } from "../ports.js";
import { presentRoute } from "../present.js";
import type { Handlers } from "../routes.js";
import { revisionToMatch } from "./lookup.js";

export function routeHandlers({
  routes,
}: Pick<ApiDependencies, "routes">): Pick<Handlers, "putRoute" | "getRoute" | "deleteRoute" | "listRoutes"> {
  return {
    async putRoute({ params: { name }, body, ifMatch, ifAbsent }) {
      const { route, outcome } = await routes.put(name, body, {
        ifNoneMatch: ifAbsent,
        ifMatch: revisionToMatch(ifMatch, routes.routes.get(name)?.revision),
      });
      return {
        status: outcome === "created" ? 201 : 200,
        body: presentRoute(route),
        etag: strongTag(route.revision),
        location: `/v1/routes/${name}`,
      };
    },

    getRoute({ params: { name } }) {
      const route = routes.routes.get(name);
      if (!route) throw new SteelyardError("ERR_UNKNOWN_ROUTE", `there is no route ${name}`);
      return { status: 200, body: presentRoute(route), etag: strongTag(route.revision) };
    },

    async deleteRoute({ params: { name }, ifMatch }) {
      await routes.delete(name, { ifMatch: ifMatch === "*" ? undefined : ifMatch });
      return { status: 204 };
    },

    listRoutes({ query }) {
      const sorted = [...routes.routes.entries()].map(([, route]) => route).sort((a, b) => (a.name < b.name ? -1 : 1));
      const { items, ...page } = pageOf(sorted, ({ name }) => name, query);
      const revision = routes.revision();
      return { status: 200, body: { revision, routes: items.map(presentRoute), ...page }, etag: weakTag(revision) };
    },
  };
}
