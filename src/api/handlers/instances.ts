// Registrations: upsert, patch, read, list, deregister.
import { SteelyardError } from "../../model/errors.js";
import type { BlockingQueries } from "../blocking-queries.js";
import { weakTag } from "../etag.js";
import { pageOf } from "../page.js";
import type { ApiDependencies } from "../ports.js";
import { instanceTag, presentInstance } from "../present.js";
import type { Handlers } from "../routes.js";
import { instanceOf, revisionToMatch, serviceOf } from "./lookup.js";

export function instanceHandlers(
  { registry }: Pick<ApiDependencies, "registry">,
  blocking: BlockingQueries,
): Pick<
  Handlers,
  "putInstance" | "importInstances" | "patchInstance" | "deleteInstance" | "getInstance" | "listInstances"
> {
  return {
    async putInstance({ params: { service, id }, query, body, ifMatch, ifAbsent }) {
      const { instance, outcome, lease } = await registry.register(service, id, body, {
        ifNoneMatch: ifAbsent,
        ifMatch: revisionToMatch(ifMatch, registry.get(service, id)?.revision),
        takeover: query.takeover,
      });
      return {
        status: outcome === "created" ? 201 : 200,
        body: presentInstance(instance, lease),
        etag: instanceTag(instance),
        location: `/v1/services/${service}/instances/${id}`,
      };
    },

    async importInstances({ params: { service }, query, body }) {
      const counts = await registry.importInstances(service, body, query);
      return { status: 200, body: { service, revision: registry.revision(), ...counts } };
    },

    async patchInstance({ params: { service, id }, body, ifMatch }) {
      const current = instanceOf(registry, service, id);
      const revision = revisionToMatch(ifMatch, current.revision);
      if (revision === undefined) {
        throw new SteelyardError(
          "ERR_PRECONDITION_REQUIRED",
          "PATCH needs If-Match, or two writers would undo each other",
        );
      }
      const instance = await registry.patch(service, id, body, { ifMatch: revision });
      return { status: 200, body: presentInstance(instance), etag: instanceTag(instance) };
    },

    async deleteInstance({ params: { service, id }, query, ifMatch }) {
      await registry.deregister(service, id, {
        ifMatch: ifMatch === "*" ? undefined : ifMatch,
        generation: query.generation,
      });
      return { status: 204 };
    },

    getInstance({ params: { service, id } }) {
      const instance = instanceOf(registry, service, id);
      return { status: 200, body: presentInstance(instance), etag: instanceTag(instance) };
    },

    async listInstances({ params: { service }, query, callerGone }) {
      await blocking.changed(query, service, callerGone);
      const snapshot = serviceOf(registry, service);
      const wanted = snapshot.instances.filter(
        (instance) =>
          (query.status === undefined || instance.status === query.status) &&
          (query.zone === undefined || instance.locality.zone === query.zone),
      );
      const { items, ...page } = pageOf(wanted, (instance) => instance.id, query);
      const instances = items.map((instance) => presentInstance(instance));
      return {
        status: 200,
        body: { service, revision: snapshot.revision, instances, ...page },
        etag: weakTag(snapshot.revision),
      };
    },
  };
}
