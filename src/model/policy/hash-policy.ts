// What a request is hashed by: where its key is looked for. The first place that has one decides.
import { z } from "zod";
import { headerNameSchema } from "./header-name.js";

const MAX_PLACES = 8;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;

const place = z.union([
  z.strictObject({ header: headerNameSchema.describe("Name of a request header.") }),
  z.strictObject({
    cookie: z.string().regex(TOKEN, "must be the name of a cookie").describe("Name of a cookie."),
    ttlMs: z
      .int()
      .min(1_000)
      .max(31_536_000_000)
      .optional()
      .describe("Envoy sets the cookie, for so long, where a request has none; without it, it sets none."),
    path: z.string().startsWith("/").max(256).optional().describe("Path of the cookie that Envoy sets."),
  }),
  z.strictObject({ sourceIp: z.literal(true).describe("The caller's IP address.") }),
  z.strictObject({ queryParameter: z.string().min(1).max(128).describe("Name of a query parameter.") }),
]);

export const hashPolicySchema = z
  .array(place)
  .min(1)
  .max(MAX_PLACES)
  .describe(
    "Where the key of a request is looked for, for algorithms that hash: the first place that has one decides.",
  );

export type HashPlace = z.output<typeof place>;
