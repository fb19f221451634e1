// What a client may say about an instance: the bodies of PUT and PATCH, and their parsed forms. One schema gives the
// validation, the OpenAPI document and the types. Unknown fields are refused, so that a typo is never ignored.
import { z } from "zod";
import { canonicalAddress } from "../model/address.js";
import { SteelyardError } from "../model/errors.js";
import { fieldErrorsOf } from "../model/field-errors.js";
import type { InstanceStatus, Locality } from "../model/instance.js";
import { MAX_METADATA_PAIRS, metadataProblem } from "./metadata.js";

// Lone surrogates survive JSON.parse but not UTF-8; control characters have no place in what is logged and shown.
const unprintable = /[\p{Cc}\p{Cs}]/u;

/** Well-formed text of at most so many characters, without control characters. */
export const text = (maxChars: number) =>
  z
    .string()
    .max(maxChars)
    .refine((value) => !unprintable.test(value), "must be well-formed text without control characters");

const addressSchema = z
  .string()
  .max(64)
  .superRefine((value, context) => {
    const result = canonicalAddress(value);
    if (!result.ok) context.addIssue({ code: "custom", message: result.detail });
  })
  .describe("IP literal; a host name is not resolved.");

const metadataKey = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9_./-]+$/, "must consist of letters, digits and _ . / -");

/** zod drops a key named `__proto__` from records without a word; here it is refused like any other bad name. */
const withoutProto = (value: unknown, context: z.RefinementCtx): unknown => {
  if (typeof value === "object" && value !== null && Object.hasOwn(value, "__proto__")) {
    context.addIssue({ code: "custom", path: ["__proto__"], message: "name: reserved" });
  }
  return value;
};

const metadataSchema = z
  .preprocess(withoutProto, z.record(metadataKey, text(512)))
  .superRefine((value, context) => {
    const problem = metadataProblem(value);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  })
  .describe("At most 64 pairs, names of 128 and values of 512 characters, 8 KiB in all.");

export const instanceStatusSchema = z
  .enum(["starting", "ready", "degraded", "draining"])
  .describe("What the instance says of itself; `starting` takes no traffic yet, `draining` no new requests.");

export const generationSchema = text(128).describe("One value per process start: fences two owners of one id.");

const weightSchema = z.int().min(1).max(65_535).describe("Registered relative capacity.");

/** Body of `PUT /v1/services/{service}/instances/{id}`. */
export const instanceBodySchema = z
  .strictObject({
    address: addressSchema,
    port: z.int().min(1).max(65_535),
    generation: generationSchema.default(""),
    ttlSeconds: z.int().min(5).max(3_600).default(30).describe("Seconds without a heartbeat until suspect."),
    deregisterAfterSeconds: z
      .int()
      .min(60)
      .max(604_800)
      .default(600)
      .describe("Seconds as suspect until removed; the last ready instance of a service is kept."),
    status: instanceStatusSchema.default("ready"),
    weight: weightSchema.default(100),
    locality: z
      .strictObject({ region: text(64).default(""), zone: text(64).default(""), subZone: text(64).default("") })
      .prefault({}),
    priority: z.int().min(0).max(128).default(0).describe("0 is the most preferred."),
    metadata: metadataSchema.default({}),
    hostname: z
      .string()
      .max(253)
      .regex(/^[A-Za-z0-9._-]*$/, "must be a host name")
      .default(""),
  })
  .describe("Registration of an instance");

/** Body of `PATCH /v1/services/{service}/instances/{id}`: a merge patch, `null` deletes a metadata pair. */
export const instancePatchSchema = z
  .strictObject({
    weight: weightSchema.optional(),
    status: instanceStatusSchema.optional(),
    metadata: z
      .preprocess(withoutProto, z.record(metadataKey, text(512).nullable()))
      .refine((value) => Object.keys(value).length <= 2 * MAX_METADATA_PAIRS, "too many pairs")
      .optional(),
  })
  .describe("Partial change of an instance");

export type InstanceBody = z.input<typeof instanceBodySchema>;

/** The parsed registration: canonical address, milliseconds. */
export interface InstanceSpec {
  readonly address: string;
  readonly port: number;
  readonly generation: string;
  readonly ttlMs: number;
  readonly deregisterAfterMs: number;
  readonly status: InstanceStatus;
  readonly weight: number;
  readonly locality: Locality;
  readonly priority: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly hostname: string;
}

export interface InstancePatch {
  readonly weight?: number | undefined;
  readonly status?: InstanceStatus | undefined;
  readonly metadata?: Readonly<Record<string, string | null>> | undefined;
}

/** @throws SteelyardError ERR_INVALID_REQUEST with a pointer per bad field */
export function parseInstanceSpec(body: unknown): InstanceSpec {
  const parsed = instanceBodySchema.safeParse(body);
  if (!parsed.success) throw invalid("the registration is not valid", parsed.error);
  const { address, ttlSeconds, deregisterAfterSeconds, ...rest } = parsed.data;
  const canonical = canonicalAddress(address);
  return {
    ...rest,
    address: canonical.ok ? canonical.address : address,
    ttlMs: ttlSeconds * 1_000,
    deregisterAfterMs: deregisterAfterSeconds * 1_000,
  };
}

/** @throws SteelyardError ERR_INVALID_REQUEST with a pointer per bad field */
export function parseInstancePatch(body: unknown): InstancePatch {
  const parsed = instancePatchSchema.safeParse(body);
  if (!parsed.success) throw invalid("the patch is not valid", parsed.error);
  return parsed.data;
}

function invalid(message: string, error: z.ZodError): SteelyardError {
  return new SteelyardError("ERR_INVALID_REQUEST", message, { errors: fieldErrorsOf(error) });
}
