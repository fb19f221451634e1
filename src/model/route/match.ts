// Which requests a rule is for: by path, method and headers, all of which must match.
import { z } from "zod";
import { headerNameSchema } from "../policy/header-name.js";
import { regexSchema } from "./regex.js";

const MAX_HEADERS = 16;
const PATH = /^\/[\x21\x22\x24-\x3e\x40-\x7e]*$/;
const HEADER_VALUE = /^[\x20-\x7e]*$/;

export const pathSchema = z
  .string()
  .max(1_024)
  .regex(PATH, "must start with / and be printable ASCII, without ? and #; other characters are percent-encoded");

const headerValue = z.string().max(1_024).regex(HEADER_VALUE, "must be printable ASCII");

/** Exactly one of them is set. */
const WAYS = ["exact", "prefix", "regex", "present"] as const;

const pathMatchSchema = z
  .strictObject({
    exact: pathSchema.optional().describe("The whole path, without the query."),
    prefix: pathSchema.optional().describe("Its beginning: `/api` is that of `/apis` too."),
    regex: regexSchema.optional().describe("RE2, for the whole path without the query."),
  })
  .superRefine(exactlyOne);

const headerMatchSchema = z
  .strictObject({
    name: headerNameSchema.describe("Name of the request header."),
    exact: headerValue.min(1).optional().describe("The whole value."),
    prefix: headerValue.min(1).optional().describe("Its beginning."),
    regex: regexSchema.optional().describe("RE2, for the whole value."),
    present: z.boolean().optional().describe("`true`: with whatever value; `false`: not there."),
  })
  .superRefine(exactlyOne);

export const matchSchema = z
  .strictObject({
    path: pathMatchSchema.prefault({ prefix: "/" }).describe("One of `exact`, `prefix`, `regex`. Default: any path."),
    method: z
      .string()
      .regex(/^[A-Z][A-Z-]{0,31}$/, "must be an HTTP method in capitals")
      .optional()
      .describe("HTTP method. Default: any."),
    headers: z
      .array(headerMatchSchema)
      .max(MAX_HEADERS)
      .default([])
      .superRefine((headers, context) => {
        headers.forEach(({ name }, index) => {
          if (headers.findIndex((other) => other.name === name) === index) return;
          context.addIssue({ code: "custom", path: [index, "name"], message: `${name} is matched by another entry` });
        });
      })
      .describe("Each with one of `exact`, `prefix`, `regex`, `present`."),
  })
  .describe("All of it must match");

export type PathMatch = z.output<typeof pathMatchSchema>;
export type HeaderMatch = z.output<typeof headerMatchSchema>;
export type Match = z.output<typeof matchSchema>;

function exactlyOne(match: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  const given = WAYS.filter((way) => match[way] !== undefined);
  if (given.length === 1) return;
  const message = given.length === 0 ? "must say how: exact, prefix or regex" : `must be one of ${given.join(", ")}`;
  context.addIssue({ code: "custom", message });
}
