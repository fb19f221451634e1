// What stands before every route: security headers, a request id, and the refusal of callers that a browser brought in
// from another site. Loopback is no authentication: any page the operator opens can send requests to it.
import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { NextFunction, Request, RequestHandler, Response } from "express";
import helmet from "helmet";
import { SteelyardError } from "../model/errors.js";
import { hostOfAuthority, isLoopbackHost } from "./loopback.js";

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** Headers for an API and for a page of the same origin that loads nothing from elsewhere. */
export function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", "data:"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: false,
    xFrameOptions: { action: "deny" },
  });
}

/** Keeps the caller's `X-Request-Id` when it is harmless, else makes one; answers with it. */
export function requestId(request: Request, response: Response, next: NextFunction): void {
  const given = request.headers["x-request-id"];
  response.setHeader("X-Request-Id", typeof given === "string" && REQUEST_ID.test(given) ? given : randomUUID());
  response.setHeader("Cache-Control", "no-store");
  next();
}

export function requestIdOf(response: Response): string {
  return String(response.getHeader("X-Request-Id") ?? "");
}

/** @param allowedHosts host names accepted besides those of loopback, in lower case */
export function sameSiteOnly(allowedHosts: readonly string[]): RequestHandler {
  const known = new Set(allowedHosts.map((host) => host.toLowerCase()));
  return (request, _response, next) => {
    const refusal = refusalOf(request.method, request.headers, known);
    if (refusal !== undefined) throw new SteelyardError("ERR_ORIGIN_NOT_ALLOWED", refusal);
    next();
  };
}

function refusalOf(method: string, headers: IncomingHttpHeaders, known: ReadonlySet<string>): string | undefined {
  const host = hostOfAuthority(headers.host ?? "");
  if (host === undefined || !(isLoopbackHost(host) || known.has(host))) {
    return `Host ${JSON.stringify((headers.host ?? "").slice(0, 80))} is not a name of this server`;
  }
  const site = headers["sec-fetch-site"];
  const followedLink = (method === "GET" || method === "HEAD") && headers["sec-fetch-mode"] === "navigate";
  if ((site === "cross-site" || site === "same-site") && !followedLink)
    return "a page of another site may not call this server";
  const origin = headers.origin;
  if (origin !== undefined && origin.replace(/^https?:\/\//, "") !== headers.host) {
    return `Origin ${JSON.stringify(origin.slice(0, 80))} is not this server`;
  }
  return undefined;
}
