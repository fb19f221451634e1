// One rule of a route: which requests, where to, and what is done with them on the way.
import { z } from "zod";
import type { ServiceName } from "../ids.js";
import { hashPolicySchema } from "../policy/hash-policy.js";
import { retrySchema } from "../policy/retry.js";
import { serviceNameSchema } from "../policy/service-name.js";
import { timeoutsSchema } from "../policy/timeouts.js";
import { matchSchema, pathSchema } from "./match.js";

const MAX_TARGETS = 16;

const splitSchema = z
  .array(
    z.strictObject({
      service: serviceNameSchema,
      weight: z.int().min(0).max(1_000_000).default(1).describe("Share of the requests: weight over sum of weights."),
    }),
  )
  .min(1)
  .max(MAX_TARGETS)
  .superRefine((targets, context) => {
    if (targets.length > 0 && targets.every(({ weight }) => weight === 0)) {
      context.addIssue({ code: "custom", message: "must have a weight above 0" });
    }
    targets.forEach(({ service }, index) => {
      if (targets.findIndex((other) => other.service === service) === index) return;
      context.addIssue({ code: "custom", path: [index, "service"], message: `${service} is named twice` });
    });
  });

/** Those of a request; connections are the cluster's. */
const requestTimeoutsSchema = z.strictObject({
  requestMs: timeoutsSchema.shape.requestMs.unwrap().optional(),
  idleMs: timeoutsSchema.shape.idleMs,
});

/** The budget is the cluster's: requests of all routes spend it together. */
const { budget: _budget, ...retryShape } = retrySchema.shape;

export const ruleSchema = z
  .strictObject({
    match: matchSchema.prefault({}),
    to: z
      .union([serviceNameSchema, splitSchema])
      .describe("Name of a service, or several with `weight`: a split request by request."),
    prefixRewrite: pathSchema
      .optional()
      .describe("Replaces the matched `prefix`. End both with `/` or neither, or slashes double or vanish."),
    mirror: z
      .strictObject({
        service: serviceNameSchema,
        percent: z.number().min(0).max(100).default(100).describe("Of the requests, %."),
      })
      .optional()
      .describe("Copies go to this service; its answers are dropped, and the caller notices nothing of it."),
    timeouts: requestTimeoutsSchema
      .optional()
      .describe("What is not set comes from the service, when there is one target only; else it is the default."),
    retry: z
      .strictObject(retryShape)
      .optional()
      .describe(
        "Default: the service's, when there is one target only; else none. The budget is always the service's.",
      ),
    hashPolicy: hashPolicySchema
      .optional()
      .describe(
        "Where an algorithm hashes. Default: the service's, when there is one target only; a split must say it.",
      ),
  })
  .superRefine(({ match, prefixRewrite }, context) => {
    if (prefixRewrite === undefined || match.path.prefix !== undefined) return;
    context.addIssue({ code: "custom", path: ["prefixRewrite"], message: "needs a match by path.prefix" });
  });

export type Rule = z.output<typeof ruleSchema>;

export interface Target {
  readonly service: ServiceName;
  readonly weight: number;
}

/** Where a rule sends requests, however it says so. */
export function targetsOf({ to }: Pick<Rule, "to">): readonly Target[] {
  return typeof to === "string" ? [{ service: to, weight: 1 }] : to;
}
