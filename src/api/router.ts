// From the route table to an express router. Every request takes the same way: match, read and parse the body, call the
// handler, answer. Handlers see only parsed values and return what to answer.
import express, { type Request, type RequestHandler, type Response, Router } from "express";
import { z } from "zod";
import { SteelyardError } from "../model/errors.js";
import { parseInstanceId, parseRouteName, parseServiceName } from "../model/ids.js";
import { ifAbsentOf, ifMatchOf, notModified } from "./etag.js";
import { invalidRequest } from "./invalid-request.js";
import { checkMediaType, parseJsonObject } from "./json-body.js";
import type { ApiLimits } from "./ports.js";
import type { Answer, Route, StreamAnswer } from "./route.js";
import { type Handlers, ROUTES, type RouteId } from "./routes.js";

/** A call before its route has given it a precise type; the table ties both together. */
interface UntypedCall {
  readonly params: Readonly<Record<string, string>>;
  readonly query: unknown;
  readonly body: unknown;
  readonly ifMatch: number | "*" | undefined;
  readonly ifAbsent: boolean;
  readonly lastEventId: string;
  readonly callerGone: AbortSignal;
}

type UntypedHandler = (call: UntypedCall) => Answer | StreamAnswer | Promise<Answer>;

const PARAM_PARSERS: Readonly<Record<string, (text: string) => string>> = {
  service: parseServiceName,
  id: parseInstanceId,
  name: parseRouteName,
};

const NO_PARAMETERS = z.strictObject({});

/** Paths as express and as OpenAPI write them; a colon of the path itself is no parameter. */
function expressPath(path: string): string {
  return path.replaceAll(":", "\\:").replaceAll(/\{(\w+)\}/g, ":$1");
}

export function createRouter(handlers: Handlers, limits: ApiLimits): Router {
  // The table has given each handler the type of its row; one loop over all rows cannot follow that.
  const untyped = handlers as Readonly<Record<RouteId, UntypedHandler>>;
  const router = Router({ caseSensitive: true, strict: true });
  for (const route of ROUTES) {
    const steps = [markRoute(route.path), ...bodyReader(route, limits), answerWith(route, untyped[route.id])];
    router[route.method](expressPath(route.path), ...steps);
  }
  for (const path of new Set(ROUTES.map((route) => route.path))) {
    router.all(expressPath(path), markRoute(path), refuseMethod(path));
  }
  return router;
}

/** The path template of the matched route: a label of bounded variety for metrics. */
export function routeOf(response: Response): string {
  const route: unknown = response.locals["route"];
  return typeof route === "string" ? route : "none";
}

function markRoute(path: string): RequestHandler {
  return (_request, response, next) => {
    response.locals["route"] = path;
    next();
  };
}

function refuseMethod(path: string): RequestHandler {
  const methods: string[] = ROUTES.filter((route) => route.path === path).map((route) => route.method.toUpperCase());
  const allow = methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])).join(", ");
  return (request, response) => {
    response.setHeader("Allow", allow);
    throw new SteelyardError("ERR_METHOD_NOT_ALLOWED", `${request.method} is not possible here; allowed: ${allow}`);
  };
}

function bodyReader(route: Route, limits: ApiLimits): readonly RequestHandler[] {
  if (!route.body) return [];
  const limit = route.body.large ? limits.batchBytes : limits.bodyBytes;
  const checkHeaders: RequestHandler = (request, _response, next) => {
    const { "content-length": length, "transfer-encoding": transfer } = request.headers;
    if (transfer !== undefined || (length !== undefined && length !== "0")) checkMediaType(request);
    next();
  };
  return [checkHeaders, express.raw({ type: () => true, limit, inflate: false })];
}

function answerWith(route: Route, handler: UntypedHandler): RequestHandler {
  return async (request, response) => {
    const reads = route.method === "get";
    const lastEventId = request.headers["last-event-id"];
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    const answer = await handler({
      params: paramsOf(request),
      query: parseQuery(route, request),
      body: parseBody(route, request),
      ifMatch: reads ? undefined : ifMatchOf(request.headers),
      ifAbsent: reads ? false : ifAbsentOf(request.headers),
      lastEventId: typeof lastEventId === "string" ? lastEventId : "",
      callerGone: gone.signal,
    });
    if ("stream" in answer) {
      // A HEAD that opened a stream would never end, and nobody would read it.
      if (request.method === "HEAD") response.type(route.replies[0]?.mediaType ?? "").end();
      else answer.stream(request, response);
    } else send(request, response, answer);
  };
}

function paramsOf(request: Request): Readonly<Record<string, string>> {
  const params: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.params)) {
    if (typeof value !== "string") continue;
    params[name] = PARAM_PARSERS[name]?.(value) ?? value;
  }
  return params;
}

function parseQuery(route: Route, request: Request): unknown {
  const parsed = (route.query ?? NO_PARAMETERS).safeParse({ ...request.query });
  if (parsed.success) return parsed.data;
  throw invalidRequest("the query is not valid", parsed.error, "/query");
}

function parseBody(route: Route, request: Request): unknown {
  if (!route.body) return undefined;
  const bytes: unknown = request.body;
  const empty = !(bytes instanceof Uint8Array) || bytes.length === 0;
  if (empty && !route.body.optional) throw new SteelyardError("ERR_MALFORMED_JSON", "the body is empty");
  const value = empty ? {} : parseJsonObject(bytes);
  if (route.body.parse) return route.body.parse(value);
  const parsed = route.body.schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidRequest("the body is not valid", parsed.error, "");
}

function send(request: Request, response: Response, answer: Answer): void {
  if (answer.location !== undefined) response.setHeader("Location", answer.location);
  if (answer.etag !== undefined) {
    response.setHeader("ETag", answer.etag);
    if ((request.method === "GET" || request.method === "HEAD") && notModified(request.headers, answer.etag)) {
      response.status(304).end();
      return;
    }
  }
  response.status(answer.status);
  if (answer.body === undefined) response.end();
  else response.json(answer.body);
}
