// The OpenAPI 3.1 document, made from the route table: one component per named schema, one response per status.
import { z } from "zod";
import { ERRORS, type ErrorCode } from "../model/errors.js";
import { manifestSchema } from "../model/manifest.js";
import { routeSchema } from "../model/route/route.js";
import { servicePolicySchema } from "../model/service.js";
import { instanceBodySchema, instancePatchSchema } from "../registry/instance-spec.js";
import * as answers from "./answers.js";
import { PROBLEM_MEDIA_TYPE } from "./problem.js";
import * as requests from "./requests.js";
import type { Route } from "./route.js";
import { ROUTES } from "./routes.js";

type Json = Readonly<Record<string, unknown>>;

const COMPONENTS: ReadonlyMap<string, { readonly schema: z.ZodType; readonly io: "input" | "output" }> = new Map([
  ["InstanceRegistration", { schema: instanceBodySchema, io: "input" }],
  ["InstancePatch", { schema: instancePatchSchema, io: "input" }],
  ["Heartbeat", { schema: requests.heartbeatSchema, io: "input" }],
  ["HeartbeatBatch", { schema: requests.heartbeatBatchSchema, io: "input" }],
  ["Drain", { schema: requests.drainSchema, io: "input" }],
  ["FreezeRequest", { schema: requests.freezeSchema, io: "input" }],
  ["AdminState", { schema: requests.adminStateSchema, io: "input" }],
  ["ServicePolicy", { schema: servicePolicySchema, io: "input" }],
  ["RouteDeclaration", { schema: routeSchema, io: "input" }],
  ["Manifest", { schema: manifestSchema, io: "input" }],
  ["Instance", { schema: answers.instanceAnswerSchema, io: "output" }],
  ["Instances", { schema: answers.instancesAnswerSchema, io: "output" }],
  ["Lease", { schema: answers.heartbeatAnswerSchema, io: "output" }],
  ["HeartbeatResults", { schema: answers.heartbeatsAnswerSchema, io: "output" }],
  ["Service", { schema: answers.serviceAnswerSchema, io: "output" }],
  ["Services", { schema: answers.servicesAnswerSchema, io: "output" }],
  ["Route", { schema: answers.routeAnswerSchema, io: "output" }],
  ["Routes", { schema: answers.routesAnswerSchema, io: "output" }],
  ["Changes", { schema: answers.applyAnswerSchema, io: "output" }],
  ["Freeze", { schema: answers.freezeAnswerSchema, io: "output" }],
  ["Weights", { schema: answers.weightsAnswerSchema, io: "output" }],
  ["Explanation", { schema: answers.explanationAnswerSchema, io: "output" }],
  ["Algorithms", { schema: answers.algorithmsAnswerSchema, io: "output" }],
  ["Node", { schema: answers.nodeAnswerSchema, io: "output" }],
  ["Nodes", { schema: answers.nodesAnswerSchema, io: "output" }],
  ["Problem", { schema: answers.problemAnswerSchema, io: "output" }],
]);

/** What every route may answer, and every route with a body. */
export const COMMON_PROBLEMS: readonly ErrorCode[] = ["ERR_INVALID_REQUEST", "ERR_ORIGIN_NOT_ALLOWED", "ERR_INTERNAL"];
export const BODY_PROBLEMS: readonly ErrorCode[] = [
  "ERR_MALFORMED_JSON",
  "ERR_PAYLOAD_TOO_LARGE",
  "ERR_UNSUPPORTED_MEDIA_TYPE",
];

/** Codes that a route may answer, sorted by status. */
export function problemsOf(route: Route): readonly ErrorCode[] {
  const codes = new Set([...route.problems, ...COMMON_PROBLEMS, ...(route.body ? BODY_PROBLEMS : [])]);
  return [...codes].sort((a, b) => ERRORS[a].httpStatus - ERRORS[b].httpStatus || (a < b ? -1 : 1));
}

/** JSON Schema (2020-12) of a schema as the wire sees it. */
export function jsonSchemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
}

/** Name of the component that holds this schema. */
export function componentOf(schema: z.ZodType): string | undefined {
  for (const [name, component] of COMPONENTS) if (component.schema === schema) return name;
  return undefined;
}

export function openApiDocument(version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of ROUTES) {
    paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) };
  }
  const schemas: Record<string, Json> = {};
  for (const [name, { schema, io }] of COMPONENTS) schemas[name] = jsonSchemaOf(schema, io);
  return {
    openapi: "3.1.0",
    info: { title: "Steelyard", version, license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    paths,
    components: { schemas },
  };
}

function operationOf(route: Route): Json {
  const responses: Record<string, Json> = {};
  for (const { status, description, schema, mediaType = "application/json" } of route.replies) {
    responses[status] = { description, ...(schema && { content: { [mediaType]: { schema: refTo(schema) } } }) };
  }
  for (const code of problemsOf(route)) {
    const { httpStatus, title } = ERRORS[code];
    const known = responses[httpStatus]?.["description"];
    responses[httpStatus] = {
      description: typeof known === "string" ? `${known} · ${title} (${code})` : `${title} (${code})`,
      content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: "#/components/schemas/Problem" } } },
    };
  }
  return {
    operationId: route.id,
    summary: route.summary,
    parameters: parametersOf(route),
    ...(route.body && {
      requestBody: {
        required: !route.body.optional,
        content: { "application/json": { schema: refTo(route.body.schema) } },
      },
    }),
    responses,
  };
}

function parametersOf(route: Route): readonly Json[] {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const inHeader = (route.headers ?? []).map((name) => ({
    name,
    in: "header",
    required: false,
    schema: { type: "string" },
  }));
  const properties = route.query ? jsonSchemaOf(route.query, "input")["properties"] : undefined;
  const inQuery = Object.entries(isJson(properties) ? properties : {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: false,
    schema,
  }));
  return [...inPath, ...inQuery, ...inHeader];
}

function refTo(schema: z.ZodType): Json {
  const name = componentOf(schema);
  return name === undefined ? jsonSchemaOf(schema, "output") : { $ref: `#/components/schemas/${name}` };
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null;
}
