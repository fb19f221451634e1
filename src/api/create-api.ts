// The REST API as one express application: guard, routes, and the answer to everything that goes wrong.
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import { SteelyardError } from "../model/errors.js";
import { BlockingQueries } from "./blocking-queries.js";
import { requestId, requestIdOf, sameSiteOnly, securityHeaders } from "./guard.js";
import { freezeHandlers } from "./handlers/freezes.js";
import { heartbeatHandlers } from "./handlers/heartbeats.js";
import { instanceHandlers } from "./handlers/instances.js";
import { lifecycleHandlers } from "./handlers/lifecycle.js";
import { manifestHandlers } from "./handlers/manifests.js";
import { nodeHandlers } from "./handlers/nodes.js";
import { routeHandlers } from "./handlers/routes.js";
import { serviceHandlers } from "./handlers/services.js";
import { watchHandlers } from "./handlers/watch.js";
import { weightHandlers } from "./handlers/weights.js";
import { openApiDocument } from "./openapi.js";
import { type ApiDependencies, type ApiLimits, DEFAULT_API_LIMITS } from "./ports.js";
import { errorOf, PROBLEM_MEDIA_TYPE, problemOf } from "./problem.js";
import { createRouter, routeOf } from "./router.js";
import { onStopping } from "./stopping.js";

export interface ApiOptions extends Omit<ApiDependencies, "limits"> {
  /** Default: `DEFAULT_API_LIMITS`. */
  readonly limits?: Partial<ApiLimits>;
  /** Host names accepted besides those of loopback, e.g. that of a proxy in front. Default none. */
  readonly allowedHosts?: readonly string[];
}

/** Labels of metrics have few values, whatever clients send. */
const KNOWN_METHODS = new Set(["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"]);

export function createApi(options: ApiOptions): Express {
  const deps: ApiDependencies = { ...options, limits: { ...DEFAULT_API_LIMITS, ...options.limits } };
  const { closeStreams, ...watch } = watchHandlers(deps);
  const blocking = new BlockingQueries(deps);
  const handlers = {
    ...instanceHandlers(deps, blocking),
    ...heartbeatHandlers(deps),
    ...lifecycleHandlers(deps),
    ...serviceHandlers(deps, blocking),
    ...freezeHandlers(deps),
    ...routeHandlers(deps),
    ...manifestHandlers(deps),
    ...weightHandlers(deps),
    ...nodeHandlers(deps),
    ...watch,
  };
  const app = express();
  app.disable("etag"); // tags are revisions, not hashes of the body
  app.set("query parser", "simple");
  onStopping(app, closeStreams);
  onStopping(app, () => blocking.close());
  app.use(requestId, measure(deps), securityHeaders(), sameSiteOnly(options.allowedHosts ?? []));
  const openApi = openApiDocument(deps.version);
  app.get("/openapi.json", (_request, response) => {
    response.json(openApi);
  });
  app.use(createRouter(handlers, deps.limits));
  app.use((request) => {
    throw new SteelyardError("ERR_NOT_FOUND", `there is nothing at ${request.path.slice(0, 200)}`);
  });
  app.use(answerProblem(deps));
  return app;
}

function measure({ metrics, clock }: ApiDependencies): RequestHandler {
  return (request, response, next) => {
    const startMs = clock.nowMs();
    response.on("finish", () => {
      const route = routeOf(response);
      const method = KNOWN_METHODS.has(request.method) ? request.method : "other";
      metrics.count("steelyard_api_requests_total", { route, method, status: String(response.statusCode) });
      metrics.observe("steelyard_api_request_duration_seconds", (clock.nowMs() - startMs) / 1_000, { route });
    });
    next();
  };
}

/** Four parameters: that is how express knows an error handler. */
function answerProblem({ metrics, logger }: ApiDependencies): ErrorRequestHandler {
  return (thrown: unknown, request, response, _next) => {
    const error = errorOf(thrown);
    const id = requestIdOf(response);
    metrics.count("steelyard_api_problems_total", { code: error.code });
    if (error.code === "ERR_INTERNAL") logger.error({ error, requestId: id, path: request.path }, "request_failed");
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const problem = problemOf(error, request.path.slice(0, 400), id);
    if (problem.retryAfterMs !== undefined) response.setHeader("Retry-After", Math.ceil(problem.retryAfterMs / 1_000));
    response.status(problem.status).type(PROBLEM_MEDIA_TYPE).send(JSON.stringify(problem));
  };
}
