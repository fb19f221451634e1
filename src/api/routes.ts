// The route table: every path and method of the API. The router, docs/api.md and /openapi.json are made from it, so
// none of them can know a route that the others don't.
import { z } from "zod";
import { manifestSchema } from "../model/manifest.js";
import { routeSchema } from "../model/route/route.js";
import { servicePolicySchema } from "../model/service.js";
import { clusterLoadAssignmentSchema, parseClusterLoadAssignment } from "../registry/cluster-load-assignment.js";
import { instanceBodySchema, instancePatchSchema, parseInstanceSpec } from "../registry/instance-spec.js";
import * as answers from "./answers.js";
import * as requests from "./requests.js";
import type { Handler, Route } from "./route.js";

const SERVICES = "/v1/services";
const SERVICE = "/v1/services/{service}";
const INSTANCES = "/v1/services/{service}/instances";
const INSTANCE = "/v1/services/{service}/instances/{id}";

const ROUTE = "/v1/routes/{name}";

export const ROUTES = [
  {
    id: "putInstance",
    method: "put",
    path: INSTANCE,
    summary: "Register an instance, or replace its registration. An identical body counts as a heartbeat.",
    query: requests.putInstanceQuerySchema,
    body: { schema: instanceBodySchema, parse: parseInstanceSpec },
    headers: ["If-Match", "If-None-Match"],
    replies: [
      { status: 201, description: "Registered; an unknown service is created.", schema: answers.instanceAnswerSchema },
      { status: 200, description: "Changed, or unchanged and renewed.", schema: answers.instanceAnswerSchema },
    ],
    problems: [
      "ERR_GENERATION_CONFLICT",
      "ERR_ADDRESS_CONFLICT",
      "ERR_ALREADY_EXISTS",
      "ERR_REVISION_MISMATCH",
      "ERR_QUOTA_EXCEEDED",
      "ERR_STORE_UNAVAILABLE",
      "ERR_STORE_FULL",
    ],
  },
  {
    id: "patchInstance",
    method: "patch",
    path: INSTANCE,
    summary: "Change single fields (JSON merge patch). `If-Match` is required; `*` takes whatever is there.",
    body: { schema: instancePatchSchema },
    headers: ["If-Match"],
    replies: [{ status: 200, description: "The changed instance.", schema: answers.instanceAnswerSchema }],
    problems: [
      "ERR_UNKNOWN_INSTANCE",
      "ERR_REVISION_MISMATCH",
      "ERR_PRECONDITION_REQUIRED",
      "ERR_STORE_UNAVAILABLE",
      "ERR_STORE_FULL",
    ],
  },
  {
    id: "deleteInstance",
    method: "delete",
    path: INSTANCE,
    summary: "Deregister an instance. Deleting what is gone is a success.",
    query: requests.deleteInstanceQuerySchema,
    headers: ["If-Match"],
    replies: [{ status: 204, description: "It is gone." }],
    problems: ["ERR_REVISION_MISMATCH", "ERR_GENERATION_CONFLICT", "ERR_STORE_UNAVAILABLE", "ERR_STORE_FULL"],
  },
  {
    id: "getInstance",
    method: "get",
    path: INSTANCE,
    summary: "One instance.",
    headers: ["If-None-Match"],
    replies: [{ status: 200, description: "The instance.", schema: answers.instanceAnswerSchema }],
    problems: ["ERR_UNKNOWN_SERVICE", "ERR_UNKNOWN_INSTANCE"],
  },
  {
    id: "listInstances",
    method: "get",
    path: INSTANCES,
    summary: "Instances of a service, sorted by id.",
    query: requests.instancesQuerySchema,
    headers: ["If-None-Match"],
    replies: [{ status: 200, description: "A page of instances.", schema: answers.instancesAnswerSchema }],
    problems: ["ERR_UNKNOWN_SERVICE", "ERR_RATE_LIMITED"],
  },
  {
    id: "importInstances",
    method: "post",
    path: `${INSTANCES}:import`,
    summary:
      "Take over the endpoints of a service that are known elsewhere, in one step. They need no heartbeats; those that a later import no longer has are removed.",
    query: requests.importQuerySchema,
    body: { schema: clusterLoadAssignmentSchema, parse: parseClusterLoadAssignment, large: true },
    replies: [{ status: 200, description: "The service has these instances now.", schema: answers.importAnswerSchema }],
    problems: [
      "ERR_WOULD_EMPTY_SERVICE",
      "ERR_ADDRESS_CONFLICT",
      "ERR_QUOTA_EXCEEDED",
      "ERR_REVISION_MISMATCH",
      "ERR_STORE_UNAVAILABLE",
      "ERR_STORE_FULL",
    ],
  },
  {
    id: "heartbeat",
    method: "put",
    path: `${INSTANCE}/heartbeat`,
    summary: "Renew the lease of an instance. After 404 register it again.",
    body: { schema: requests.heartbeatSchema, optional: true },
    replies: [{ status: 200, description: "Renewed.", schema: answers.heartbeatAnswerSchema }],
    problems: ["ERR_UNKNOWN_INSTANCE", "ERR_GENERATION_CONFLICT"],
  },
  {
    id: "heartbeats",
    method: "post",
    path: "/v1/heartbeats",
    summary: `Renew up to ${requests.MAX_BATCH_ITEMS} leases at once.`,
    body: { schema: requests.heartbeatBatchSchema, large: true },
    replies: [{ status: 200, description: "Renewed, but for those listed.", schema: answers.heartbeatsAnswerSchema }],
    problems: [],
  },
  {
    id: "drain",
    method: "post",
    path: `${INSTANCE}/drain`,
    summary: "Take no new requests, finish those in flight, then be removed.",
    body: { schema: requests.drainSchema, optional: true },
    replies: [{ status: 202, description: "Draining.", schema: answers.instanceAnswerSchema }],
    problems: ["ERR_UNKNOWN_INSTANCE", "ERR_STORE_UNAVAILABLE", "ERR_STORE_FULL"],
  },
  {
    id: "putAdminState",
    method: "put",
    path: `${INSTANCE}/admin-state`,
    summary: "What an operator says of the instance; it wins over what the instance says.",
    body: { schema: requests.adminStateSchema },
    replies: [{ status: 200, description: "The changed instance.", schema: answers.instanceAnswerSchema }],
    problems: ["ERR_UNKNOWN_INSTANCE", "ERR_STORE_UNAVAILABLE", "ERR_STORE_FULL"],
  },
  {
    id: "getExplanation",
    method: "get",
    path: `${INSTANCE}/explanation`,
    summary: "Why the weight of an instance is what it is.",
    replies: [{ status: 200, description: "The explanation.", schema: answers.explanationAnswerSchema }],
    problems: ["ERR_UNKNOWN_SERVICE", "ERR_UNKNOWN_INSTANCE"],
  },
  {
    id: "listServices",
    method: "get",
    path: SERVICES,
    summary: "Services, sorted by name.",
    query: requests.servicesQuerySchema,
    headers: ["If-None-Match"],
    replies: [{ status: 200, description: "A page of services.", schema: answers.servicesAnswerSchema }],
    problems: ["ERR_RATE_LIMITED"],
  },
  {
    id: "putService",
    method: "put",
    path: SERVICE,
    summary: "Declare a service and set its policy.",
    body: { schema: servicePolicySchema, optional: true, large: true }, // certificates
    headers: ["If-Match", "If-None-Match"],
    replies: [
      { status: 201, description: "Created.", schema: answers.serviceAnswerSchema },
      { status: 200, description: "Changed or unchanged.", schema: answers.serviceAnswerSchema },
    ],
    problems: [
      "ERR_UNKNOWN_POLICY",
      "ERR_ALREADY_EXISTS",
      "ERR_REVISION_MISMATCH",
      "ERR_QUOTA_EXCEEDED",
      "ERR_STORE_UNAVAILABLE",
      "ERR_STORE_FULL",
    ],
  },
  {
    id: "getService",
    method: "get",
    path: SERVICE,
    summary: "A service and its policy.",
    query: requests.serviceQuerySchema,
    headers: ["If-None-Match"],
    replies: [{ status: 200, description: "The service.", schema: answers.serviceAnswerSchema }],
    problems: ["ERR_UNKNOWN_SERVICE", "ERR_RATE_LIMITED"],
  },
  {
    id: "deleteService",
    method: "delete",
    path: SERVICE,
    summary:
      "Take back the declaration: with instances the service lives on under the default policy, else it is gone. Refused while routes or failovers name it.",
    headers: ["If-Match"],
    replies: [{ status: 204, description: "It is no longer declared." }],
    problems: ["ERR_SERVICE_IN_USE", "ERR_REVISION_MISMATCH", "ERR_STORE_UNAVAILABLE", "ERR_STORE_FULL"],
  },
  {
    id: "getWeights",
    method: "get",
    path: `${SERVICE}/weights`,
    summary: "The weights in force, with the load of the last round.",
    replies: [{ status: 200, description: "The weights.", schema: answers.weightsAnswerSchema }],
    problems: ["ERR_UNKNOWN_SERVICE"],
  },
  {
    id: "getOwner",
    method: "get",
    path: `${SERVICE}/owner`,
    summary: "Which instance a key is sent to, of a service whose algorithm hashes.",
    query: requests.ownerQuerySchema,
    replies: [{ status: 200, description: "The owner.", schema: answers.ownerAnswerSchema }],
    problems: ["ERR_UNKNOWN_SERVICE", "ERR_NO_OWNER"],
  },
  {
    id: "putFreeze",
    method: "put",
    path: `${SERVICE}/freeze`,
    summary:
      "Freeze the weights as they are in force. Members and health still change, and what the loop would do is shown.",
    body: { schema: requests.freezeSchema, optional: true },
    replies: [{ status: 200, description: "Frozen, durably.", schema: answers.freezeAnswerSchema }],
    problems: ["ERR_UNKNOWN_SERVICE", "ERR_STORE_UNAVAILABLE", "ERR_STORE_FULL"],
  },
  {
    id: "deleteFreeze",
    method: "delete",
    path: `${SERVICE}/freeze`,
    summary: "Lift the freeze: the weights go on from what was learned, step by step. Without one it is a success.",
    replies: [{ status: 204, description: "Not frozen." }],
    problems: ["ERR_UNKNOWN_SERVICE", "ERR_STORE_UNAVAILABLE", "ERR_STORE_FULL"],
  },
  {
    id: "putRoute",
    method: "put",
    path: ROUTE,
    summary: "Declare a route of the gateway, or replace it. Services that it names must exist.",
    body: { schema: routeSchema },
    headers: ["If-Match", "If-None-Match"],
    replies: [
      { status: 201, description: "Declared.", schema: answers.routeAnswerSchema },
      { status: 200, description: "Changed, or as it was.", schema: answers.routeAnswerSchema },
    ],
    problems: [
      "ERR_DOMAIN_CONFLICT",
      "ERR_ALREADY_EXISTS",
      "ERR_REVISION_MISMATCH",
      "ERR_QUOTA_EXCEEDED",
      "ERR_STORE_UNAVAILABLE",
      "ERR_STORE_FULL",
    ],
  },
  {
    id: "getRoute",
    method: "get",
    path: ROUTE,
    summary: "One route.",
    headers: ["If-None-Match"],
    replies: [{ status: 200, description: "The route.", schema: answers.routeAnswerSchema }],
    problems: ["ERR_UNKNOWN_ROUTE"],
  },
  {
    id: "deleteRoute",
    method: "delete",
    path: ROUTE,
    summary: "Delete a route; services get their own domains back. Deleting what is gone is a success.",
    headers: ["If-Match"],
    replies: [{ status: 204, description: "It is gone." }],
    problems: ["ERR_REVISION_MISMATCH", "ERR_STORE_UNAVAILABLE", "ERR_STORE_FULL"],
  },
  {
    id: "listRoutes",
    method: "get",
    path: "/v1/routes",
    summary: "Routes, sorted by name.",
    query: requests.routesQuerySchema,
    headers: ["If-None-Match"],
    replies: [{ status: 200, description: "A page of routes.", schema: answers.routesAnswerSchema }],
    problems: [],
  },
  {
    id: "apply",
    method: "post",
    path: "/v1/apply",
    summary:
      "Declare services and routes together, checked as a whole before anything is written. What is not named stays as it is.",
    query: requests.applyQuerySchema,
    body: { schema: manifestSchema, large: true },
    replies: [{ status: 200, description: "What has changed, or would.", schema: answers.applyAnswerSchema }],
    problems: [
      "ERR_UNKNOWN_POLICY",
      "ERR_DOMAIN_CONFLICT",
      "ERR_QUOTA_EXCEEDED",
      "ERR_STORE_UNAVAILABLE",
      "ERR_STORE_FULL",
    ],
  },
  {
    id: "listAlgorithms",
    method: "get",
    path: "/v1/algorithms",
    summary: "The algorithms that a policy may name.",
    replies: [{ status: 200, description: "The algorithms.", schema: answers.algorithmsAnswerSchema }],
    problems: [],
  },
  {
    id: "listNodes",
    method: "get",
    path: "/v1/nodes",
    summary: "Proxies with an open xDS stream, and how far each type of resource is.",
    replies: [{ status: 200, description: "The nodes.", schema: answers.nodesAnswerSchema }],
    problems: [],
  },
  {
    id: "getNode",
    method: "get",
    path: "/v1/nodes/{node}",
    summary: "One proxy.",
    replies: [{ status: 200, description: "The node.", schema: answers.nodeAnswerSchema }],
    problems: ["ERR_UNKNOWN_NODE"],
  },
  {
    id: "watch",
    method: "get",
    path: "/v1/watch",
    summary:
      "Server-sent events: the present state first, then each change. Events in between are coalesced. A client that resumes is first told to forget what it knows (`event: resync`).",
    query: requests.watchQuerySchema,
    headers: ["Last-Event-ID"],
    replies: [
      {
        status: 200,
        description: "`event: weights`, `event: instances` and `event: resync`, `id` = revision of the catalogue.",
        schema: z.string(),
        mediaType: "text/event-stream",
      },
    ],
    problems: ["ERR_RATE_LIMITED"],
  },
] as const satisfies readonly Route[];

type Routes = (typeof ROUTES)[number];
export type RouteId = Routes["id"];

/** One handler per route, each typed by its row. */
export type Handlers = { readonly [R in Routes as R["id"]]: Handler<R> };
