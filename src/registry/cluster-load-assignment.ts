// Endpoints that are known elsewhere, as Envoy's ClusterLoadAssignment in proto JSON: field names as in the proto or in
// lowerCamelCase, numbers also as strings, enums by name or number. What is not needed is passed over; what would add
// endpoints that are not in the message (`leds_cluster_locality_config`, `endpoint_name`) is refused.
import { z } from "zod";
import { canonicalAddress } from "../model/address.js";
import { type FieldError, SteelyardError } from "../model/errors.js";
import { fieldErrorsOf } from "../model/field-errors.js";
import { INSTANCE_ID_PATTERN, type InstanceId } from "../model/ids.js";
import { endpointKey, type InstanceStatus } from "../model/instance.js";
import { type InstanceSpec, parseInstanceSpec, text } from "./instance-spec.js";
import { camelCased, sentPath } from "./proto-json.js";

/** So that one import is one commit of every store. */
export const MAX_IMPORTED = 1_000;
const LARGEST_WEIGHT = 65_535;

export interface ImportedEndpoint {
  readonly id: InstanceId;
  readonly spec: InstanceSpec;
}

const HEALTH = ["UNKNOWN", "HEALTHY", "UNHEALTHY", "DRAINING", "TIMEOUT", "DEGRADED"] as const;

/** `starting` is our word for "takes no traffic". */
const STATUS: Readonly<Record<(typeof HEALTH)[number], InstanceStatus>> = {
  UNKNOWN: "ready",
  HEALTHY: "ready",
  DEGRADED: "degraded",
  DRAINING: "draining",
  UNHEALTHY: "starting",
  TIMEOUT: "starting",
};

const integer = (min: number, max: number) =>
  z
    .union([
      z.int(),
      z
        .string()
        .regex(/^\d{1,10}$/)
        .transform(Number),
    ])
    .pipe(z.int().min(min).max(max));

const weight = integer(1, 2 ** 32 - 1);
const nothing = z.undefined("endpoints that are not in the message cannot be imported").optional();

const addressSchema = z.looseObject({
  socketAddress: z.looseObject({
    address: z
      .string()
      .max(64)
      .superRefine((value, context) => {
        const result = canonicalAddress(value);
        if (!result.ok) context.addIssue({ code: "custom", message: result.detail });
      }),
    portValue: integer(1, 65_535),
  }),
});

const lbEndpointSchema = z.looseObject({
  endpoint: z.looseObject({
    address: addressSchema,
    hostname: z
      .string()
      .max(253)
      .regex(/^[A-Za-z0-9._-]*$/, "must be a host name")
      .default(""),
  }),
  endpointName: nothing,
  healthStatus: z
    .union([
      z.enum(HEALTH),
      z
        .int()
        .min(0)
        .max(HEALTH.length - 1)
        .transform((number) => HEALTH[number] ?? "UNKNOWN"),
    ])
    .default("UNKNOWN"),
  metadata: z.looseObject({ filterMetadata: z.record(z.string(), z.unknown()).default({}) }).optional(),
  loadBalancingWeight: weight.optional(),
});

const place = text(64).default("");

const groupSchema = z.looseObject({
  locality: z.looseObject({ region: place, zone: place, subZone: place }).prefault({}),
  lbEndpoints: z.array(lbEndpointSchema).max(MAX_IMPORTED).default([]),
  ledsClusterLocalityConfig: nothing,
  loadBalancerEndpoints: nothing,
  priority: integer(0, 128).default(0),
});

/** Body of `POST /v1/services/{service}/instances:import`. */
export const clusterLoadAssignmentSchema = z
  .looseObject({ endpoints: z.array(groupSchema).max(MAX_IMPORTED).default([]) })
  .describe(
    `envoy.config.endpoint.v3.ClusterLoadAssignment as JSON, fields in snake_case or lowerCamelCase; at most ${MAX_IMPORTED} endpoints`,
  );

type Endpoint = z.output<typeof lbEndpointSchema>;
type Group = z.output<typeof groupSchema>;

/** @throws SteelyardError ERR_INVALID_REQUEST with a pointer per bad field, as the caller spelled it */
export function parseClusterLoadAssignment(body: unknown): readonly ImportedEndpoint[] {
  const parsed = clusterLoadAssignmentSchema.safeParse(camelCased(body));
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => ({ ...issue, path: sentPath(body, issue.path) }));
    throw invalid(fieldErrorsOf(new z.ZodError(issues)));
  }
  const { endpoints: groups } = parsed.data;
  const all = groups.flatMap((group, g) =>
    group.lbEndpoints.map((endpoint, e) => ({ group, endpoint, path: ["endpoints", g, "lbEndpoints", e] })),
  );
  if (all.length > MAX_IMPORTED) throw invalid([{ pointer: "", detail: `at most ${MAX_IMPORTED} endpoints` }]);
  const weigh = weigher(all.map(({ endpoint }) => endpoint.loadBalancingWeight));
  const seen = new Set<InstanceId>();
  return all.map(({ group, endpoint, path }) => {
    const imported = importedEndpoint(group, endpoint, weigh(endpoint.loadBalancingWeight));
    if (seen.has(imported.id)) {
      const pointer = `/${sentPath(body, [...path, "endpoint", "address"])
        .map(String)
        .join("/")}`;
      throw invalid([{ pointer, detail: "another endpoint has this address and port" }]);
    }
    seen.add(imported.id);
    return imported;
  });
}

function importedEndpoint({ locality, priority }: Group, endpoint: Endpoint, registered: number): ImportedEndpoint {
  const { address, portValue: port } = endpoint.endpoint.address.socketAddress;
  const { region, zone, subZone } = locality;
  const spec = parseInstanceSpec({
    address,
    port,
    weight: registered,
    priority,
    locality: { region, zone, subZone },
    hostname: endpoint.endpoint.hostname,
    metadata: metadataOf(endpoint),
    status: STATUS[endpoint.healthStatus],
  });
  return { id: idOf(spec), spec };
}

/** Of the address alone: the same endpoint has the same id, whatever else is said about it. */
function idOf({ address, port }: InstanceSpec): InstanceId {
  const key = endpointKey(address, port);
  // An id holds no brackets.
  return (INSTANCE_ID_PATTERN.test(key) ? key : `${address}@${port}`) as InstanceId;
}

/**
 * Registered weights are 1..65,535, 100 where nobody says anything; Envoy's are larger, and 1 by default. Larger ones are
 * scaled down together: only their proportions mean something.
 */
function weigher(weights: readonly (number | undefined)[]): (weight: number | undefined) => number {
  if (weights.every((each) => each === undefined)) return () => 100;
  const largest = weights.reduce<number>((most, each) => Math.max(most, each ?? 1), 1);
  const scale = Math.min(1, LARGEST_WEIGHT / largest);
  return (each) => Math.max(1, Math.round((each ?? 1) * scale));
}

const METADATA_KEY = /^[A-Za-z0-9_./-]{1,128}$/;

/** What Envoy's own subsets go by: plain values of `envoy.lb`. Others, and what is too long, stay where they are. */
function metadataOf({ metadata }: Endpoint): Record<string, string> {
  const pairs = metadata?.filterMetadata["envoy.lb"];
  if (typeof pairs !== "object" || pairs === null) return {};
  const found = Object.entries(pairs).flatMap(([key, value]): [string, string][] => {
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return [];
    const short = METADATA_KEY.test(key) && String(value).length <= 512;
    return short && text(512).safeParse(String(value)).success ? [[key, String(value)]] : [];
  });
  return Object.fromEntries(found.slice(0, 64));
}

function invalid(errors: readonly FieldError[]): SteelyardError {
  return new SteelyardError("ERR_INVALID_REQUEST", "the ClusterLoadAssignment is not valid", { errors });
}
