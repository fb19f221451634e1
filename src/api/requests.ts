// What requests may carry besides a registration: small bodies and query parameters. Unknown names are refused, so that
// a typo is an error and not a default.
import { z } from "zod";
import { INSTANCE_ID_PATTERN, parseInstanceId, parseServiceName, SERVICE_NAME_PATTERN } from "../model/ids.js";
import { MAX_FREEZE_TTL_S } from "../registry/freeze-book.js";
import { generationSchema, instanceStatusSchema, text } from "../registry/instance-spec.js";
import { heartbeatLoadSchema } from "../signals/heartbeat-load.js";

export const MAX_BATCH_ITEMS = 1_000;
const MAX_PAGE = 1_000;
const MAX_WAIT_SECONDS = 300;

const service = z.string().regex(SERVICE_NAME_PATTERN).transform(parseServiceName);
const id = z.string().regex(INSTANCE_ID_PATTERN).transform(parseInstanceId);
const generation = generationSchema.optional();
const status = instanceStatusSchema.optional();

const load = heartbeatLoadSchema.optional();

export const heartbeatSchema = z.strictObject({ generation, status, load }).describe("Heartbeat");

export const heartbeatBatchSchema = z
  .strictObject({
    instances: z.array(z.strictObject({ service, id, generation, status, load })).max(MAX_BATCH_ITEMS),
  })
  .describe("Heartbeats of many instances");

export const drainSchema = z
  .strictObject({
    timeoutSeconds: z
      .number()
      .min(0)
      .max(3_600)
      .default(30)
      .describe("From the end of new requests until the instance is removed, should some still be in flight."),
    rampSeconds: z
      .number()
      .min(0)
      .max(3_600)
      .default(0)
      .describe("Before that: how long its share shrinks in steps, so that the others warm up to what they take over."),
  })
  .describe("Drain");

export const freezeSchema = z
  .strictObject({
    reason: text(256).default("").describe("For people; shown with the weights."),
    ttlSeconds: z
      .number()
      .min(1)
      .max(MAX_FREEZE_TTL_S)
      .optional()
      .describe("Until the weights move again; without it, until the freeze is lifted."),
  })
  .describe("Freeze");

export const adminStateSchema = z
  .strictObject({
    state: z.enum(["ready", "drain", "maint"]).describe("`drain` finishes what is in flight, `maint` takes nothing."),
  })
  .describe("What an operator says of the instance");

const limit = z
  .string()
  .regex(/^\d{1,4}$/)
  .transform(Number)
  .pipe(z.int().min(1).max(MAX_PAGE))
  .optional()
  .describe(`Items per page, 1..${MAX_PAGE}.`);
const cursor = z.string().max(128).optional().describe("`nextCursor` of the page before.");

const blocking = {
  index: z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .optional()
    .describe("Revision that the caller has seen: the answer comes when there is another one."),
  wait: z
    .string()
    .regex(/^\d{1,3}s?$/, "must be seconds, e.g. 30s")
    .transform((text) => Number.parseInt(text, 10))
    .pipe(z.int().max(MAX_WAIT_SECONDS))
    .default(30)
    .describe(`With \`index\`: longest time until the answer, 0s..${MAX_WAIT_SECONDS}s, and up to a sixteenth more.`),
};

export const serviceQuerySchema = z.strictObject(blocking);

const MAX_KEY_CHARS = 1_024;

export const ownerQuerySchema = z.strictObject({
  key: z
    .string()
    .min(1)
    .max(MAX_KEY_CHARS)
    .describe("What a request is hashed by, e.g. the value of the header that `hashPolicy` names."),
});

export const servicesQuerySchema = z.strictObject({ limit, cursor, ...blocking });

export const applyQuerySchema = z.strictObject({
  dryRun: z
    .stringbool({ truthy: ["true"], falsy: ["false"] })
    .default(false)
    .describe("`true`: check and tell, write nothing."),
});

export const routesQuerySchema = z.strictObject({ limit, cursor });

export const instancesQuerySchema = z.strictObject({
  limit,
  cursor,
  ...blocking,
  status: status.describe("Only instances that say so of themselves."),
  zone: z.string().max(64).optional().describe("Only instances of this zone."),
});

export const putInstanceQuerySchema = z.strictObject({
  takeover: z
    .stringbool({ truthy: ["true"], falsy: ["false"] })
    .optional()
    .describe("`true` replaces an owner that still beats."),
});

export const importQuerySchema = z.strictObject({
  allowEmpty: z
    .stringbool({ truthy: ["true"], falsy: ["false"] })
    .optional()
    .describe("`true` lets an import without endpoints remove the last instances of the service."),
});

export const deleteInstanceQuerySchema = z.strictObject({
  generation: generation.describe("Delete only when the registration has this generation."),
});

export const watchQuerySchema = z.strictObject({
  from: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional()
    .describe("`id` of the last event that was seen, as in `Last-Event-ID`."),
  service: service.optional().describe("Only this service."),
  events: z
    .enum(["weights", "instances", "weights,instances", "instances,weights"])
    .optional()
    .describe("Only these events; default both."),
});
