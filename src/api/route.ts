// What a route is, and what its handler gets and gives. Types follow the route table: a handler for a path with
// `{service}` gets a parsed service name, one with a body schema gets the parsed body.
import type { Request, Response } from "express";
import type { z } from "zod";
import type { ErrorCode } from "../model/errors.js";
import type { InstanceId, RouteName, ServiceName } from "../model/ids.js";

interface RouteReply {
  readonly status: number;
  readonly description: string;
  /** Absent = no body. */
  readonly schema?: z.ZodType;
  /** Default application/json. */
  readonly mediaType?: string;
}

interface RouteBody {
  readonly schema: z.ZodType;
  /** Validates by `schema` and gives the handler's form of it. Default: what the schema gives. */
  readonly parse?: (body: unknown) => unknown;
  /** No body means `{}`. */
  readonly optional?: boolean;
  /** The limit of batches applies. */
  readonly large?: boolean;
}

export interface Route {
  /** Also the `operationId` of the OpenAPI document. */
  readonly id: string;
  readonly method: "get" | "put" | "post" | "patch" | "delete";
  /** OpenAPI form, with `{service}`, `{id}`, `{name}` and `{node}`. */
  readonly path: string;
  readonly summary: string;
  readonly query?: z.ZodType;
  readonly body?: RouteBody;
  /** Request headers that change the outcome. */
  readonly headers?: readonly ("If-Match" | "If-None-Match" | "Last-Event-ID")[];
  readonly replies: readonly RouteReply[];
  /** Besides those that every route may answer. */
  readonly problems: readonly ErrorCode[];
}

type ParamName<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamName<Rest>
  : never;

interface ParamValues {
  readonly service: ServiceName;
  readonly id: InstanceId;
  readonly name: RouteName;
}

type ParamValue<Name extends string> = Name extends keyof ParamValues ? ParamValues[Name] : string;

type ParsedBody<B extends RouteBody> = B extends { readonly parse: (body: unknown) => infer Parsed }
  ? Parsed
  : z.output<B["schema"]>;

interface Call<R extends Route> {
  readonly params: { readonly [Name in ParamName<R["path"]>]: ParamValue<Name> };
  readonly query: R extends { readonly query: infer Q extends z.ZodType } ? z.output<Q> : undefined;
  readonly body: R extends { readonly body: infer B extends RouteBody } ? ParsedBody<B> : undefined;
  /** Revision in `If-Match`; "*" = whatever is there. */
  readonly ifMatch: number | "*" | undefined;
  /** `If-None-Match: *` */
  readonly ifAbsent: boolean;
  /** `Last-Event-ID`, or "" for none. */
  readonly lastEventId: string;
  /** Aborted when the connection is closed: an answer that waits need not be made. */
  readonly callerGone: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  /** With its quotes; GET answers 304 when `If-None-Match` has it. */
  readonly etag?: string;
  readonly location?: string;
}

/** For answers that stay open: the handler writes the response itself. */
export interface StreamAnswer {
  readonly stream: (request: Request, response: Response) => void;
}

export type Handler<R extends Route> = (call: Call<R>) => Answer | StreamAnswer | Promise<Answer>;
