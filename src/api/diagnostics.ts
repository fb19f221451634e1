// What an operator's tools ask: is the process alive, does it serve, how does it fare. Plain text, on a port of its own,
// so that probes never compete with the API nor open it.
import express, { type ErrorRequestHandler, type Express } from "express";
import { ERRORS } from "../model/errors.js";
import type { Logger } from "../runtime/logger.js";
import { requestId, sameSiteOnly, securityHeaders } from "./guard.js";
import { errorOf } from "./problem.js";

interface ReadinessCheck {
  readonly name: string;
  readonly ok: boolean;
  /** One line, e.g. the reason why not. */
  readonly detail?: string;
}

export interface Readiness {
  readonly ok: boolean;
  readonly checks: readonly ReadinessCheck[];
}

export interface DiagnosticsOptions {
  readonly ready: () => Readiness;
  /** Prometheus text format. */
  readonly metricsText: () => Promise<string>;
  readonly logger: Logger;
  readonly allowedHosts?: readonly string[];
}

const METRICS_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** `/livez`, `/readyz`, `/readyz?verbose`, `/metrics`. */
export function createDiagnostics(options: DiagnosticsOptions): Express {
  const app = express();
  app.disable("etag");
  app.set("query parser", "simple");
  app.use(requestId, securityHeaders(), sameSiteOnly(options.allowedHosts ?? []));
  app.get("/livez", (_request, response) => {
    response.type("text/plain").send("ok\n");
  });
  app.get("/readyz", (request, response) => {
    const readiness = options.ready();
    const text = "verbose" in request.query ? verbose(readiness) : brief(readiness);
    response
      .status(readiness.ok ? 200 : 503)
      .type("text/plain")
      .send(text);
  });
  app.get("/metrics", async (_request, response) => {
    const text = await options.metricsText();
    response.setHeader("Content-Type", METRICS_MEDIA_TYPE);
    response.end(text);
  });
  app.use((_request, response) => {
    response.status(404).type("text/plain").send("not found; there are: /livez /readyz /readyz?verbose /metrics\n");
  });
  app.use(answerError(options.logger));
  return app;
}

function brief({ ok, checks }: Readiness): string {
  if (ok) return "ok\n";
  const failed = checks.filter((check) => !check.ok).map(({ name }) => name);
  return `not ready: ${failed.join(", ")}\n`;
}

function verbose({ ok, checks }: Readiness): string {
  const lines = checks.map(
    (check) => `[${check.ok ? "+" : "-"}] ${check.name}${check.detail ? `: ${check.detail}` : ""}`,
  );
  return `${[...lines, ok ? "ready" : "not ready"].join("\n")}\n`;
}

function answerError(logger: Logger): ErrorRequestHandler {
  return (thrown: unknown, request, response, _next) => {
    const error = errorOf(thrown);
    if (error.code === "ERR_INTERNAL") logger.error({ error, path: request.path }, "diagnostics_failed");
    response.status(ERRORS[error.code].httpStatus).type("text/plain").send(`${error.message}\n`);
  };
}
