// The shapes that the API answers with: one schema each, from which come the types of the handlers and of the command
// line, the OpenAPI document, and the tests that hold every answer against it. What is unknown is absent, never null.
import { z } from "zod";
import { NEARNESSES } from "../model/zone.js";

const share = z.number().min(0).max(1);
const revision = z.int().min(0).describe("Grows with every change.");
const health = z
  .enum(["UNKNOWN", "HEALTHY", "UNHEALTHY", "DRAINING", "TIMEOUT", "DEGRADED"])
  .describe("As Envoy names it.");
const signalMode = z.enum(["U", "L", "Q", "N"]).describe("Signals in use: U utilisation, L latency, Q queue, N none.");
const planMode = z.enum(["normal", "degraded", "panic", "frozen", "shadow"]);

const leaseAnswerSchema = z.strictObject({
  state: z.enum(["live", "suspect"]),
  ttlSeconds: z.number(),
  heartbeatAfterMs: z.number().optional().describe("When to beat next. Only in answers to the instance itself."),
  expiresAt: z.iso.datetime().optional().describe("When it turns suspect without a heartbeat; for display."),
});

const probeAnswerSchema = z
  .strictObject({
    verdict: z.enum(["untried", "passing", "failing"]),
    detail: z.string(),
    ignored: z.literal(true).optional().describe("It keeps no traffic away, for no instance of the service passes."),
  })
  .describe("What the server's own probes say of it; absent where it does not probe");

export const instanceAnswerSchema = z
  .strictObject({
    service: z.string(),
    id: z.string(),
    address: z.string(),
    port: z.int(),
    generation: z.string(),
    ttlSeconds: z.number(),
    deregisterAfterSeconds: z.number(),
    status: z.enum(["starting", "ready", "degraded", "draining"]),
    adminState: z.enum(["ready", "drain", "maint"]),
    health,
    probe: probeAnswerSchema.optional(),
    weight: z.int(),
    locality: z.strictObject({ region: z.string(), zone: z.string(), subZone: z.string() }),
    priority: z.int(),
    metadata: z.record(z.string(), z.string()),
    hostname: z.string(),
    imported: z.literal(true).optional().describe("Known from elsewhere; it sends no heartbeats."),
    registeredAt: z.iso.datetime(),
    revision,
    lease: leaseAnswerSchema,
    drain: z
      .strictObject({
        left: share.describe("Part of its share that it still gets; 0 = no new requests."),
        timeoutSeconds: z
          .number()
          .describe("From the end of new requests until it is removed; earlier when nothing is in flight."),
      })
      .optional()
      .describe("Set once it was asked to drain."),
    degraded: z.boolean().optional().describe("The store is down: this is held in memory only."),
  })
  .describe("A registered instance");

export const instancesAnswerSchema = z
  .strictObject({
    service: z.string(),
    revision,
    instances: z.array(instanceAnswerSchema),
    nextCursor: z.string().optional().describe("Pass it as `cursor` to read on; absent at the end."),
  })
  .describe("Instances of a service, sorted by id");

const count = z.int().min(0);

export const importAnswerSchema = z
  .strictObject({
    service: z.string(),
    revision,
    created: count,
    changed: count,
    unchanged: count,
    removed: count.describe("Imported once, and not in this import."),
  })
  .describe("What an import did");

export const heartbeatAnswerSchema = z
  .strictObject({
    heartbeatAfterMs: z.number(),
    ttlSeconds: z.number(),
    expiresAt: z.iso.datetime().optional(),
    degraded: z.boolean().optional(),
  })
  .describe("The renewed lease");

export const heartbeatsAnswerSchema = z
  .strictObject({
    results: z
      .array(z.strictObject({ i: z.int().describe("Index in the request."), code: z.enum(["unknown", "generation"]) }))
      .describe("Only those that failed."),
    heartbeatAfterMs: z.number(),
  })
  .describe("Outcome of a batch");

const policySchema = z.looseObject({ algorithm: z.string() }).describe("What PUT takes.");

export const serviceAnswerSchema = z
  .strictObject({
    service: z.string(),
    revision,
    declared: z.boolean().describe("Declared by PUT, and so kept without instances."),
    policy: policySchema,
    instances: z.int(),
    healthy: z.int().describe("Instances that may take traffic."),
  })
  .describe("A service and its policy");

export const servicesAnswerSchema = z
  .strictObject({ revision, services: z.array(serviceAnswerSchema), nextCursor: z.string().optional() })
  .describe("Services, sorted by name");

const routeSchema = z
  .looseObject({ domains: z.array(z.string()), rules: z.array(z.looseObject({})) })
  .describe("What PUT takes.");

export const routeAnswerSchema = z
  .strictObject({ name: z.string(), revision, route: routeSchema })
  .describe("A route of the gateway");

export const routesAnswerSchema = z
  .strictObject({ revision, routes: z.array(routeAnswerSchema), nextCursor: z.string().optional() })
  .describe("Routes, sorted by name");

const outcome = z.enum(["created", "changed", "unchanged"]);

export const applyAnswerSchema = z
  .strictObject({
    dryRun: z.boolean(),
    changes: z.array(
      z.discriminatedUnion("kind", [
        z.strictObject({
          kind: z.literal("service"),
          name: z.string(),
          outcome,
          before: policySchema.optional(),
          after: policySchema,
        }),
        z.strictObject({
          kind: z.literal("route"),
          name: z.string(),
          outcome,
          before: routeSchema.optional(),
          after: routeSchema,
        }),
      ]),
    ),
  })
  .describe("What a manifest changes, services first");

const freezeSchema = z.strictObject({
  reason: z.string().describe("Empty when none was given."),
  frozenAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().optional().describe("Absent: until it is lifted."),
});

export const freezeAnswerSchema = z
  .strictObject({ service: z.string(), ...freezeSchema.shape })
  .describe("An operator's freeze of the weights");

const shadow = {
  shadowShare: share.optional().describe("What the loop computed, while an operator keeps it from being sent."),
  shadowWeight: z.int().optional().describe("The weight that would go with it."),
};

const loadAnswerSchema = z
  .strictObject({
    successes: z.number(),
    errors: z.number(),
    issued: z.number(),
    inFlight: z.number(),
    openConnections: z.number().optional().describe("In place of `inFlight`, where proxies pass on connections."),
    rps: z.number(),
    errorRate: share.optional(),
    latencyMs: z.number().optional().describe("Mean time to the first byte of successful answers."),
    latencyCount: z.number(),
    latencySource: z.enum(["envoy", "access-log", "little", "none"]),
    utilization: z.number().optional().describe("As the instance itself reports it; 1 = fully used."),
    utilizationAgeMs: z.number().optional(),
    utilizationSource: z
      .enum(["orca", "heartbeat"])
      .optional()
      .describe("With its answers (ORCA, by way of the proxies), or in its heartbeat."),
    reportedRps: z.number().optional().describe("Requests per second as the instance counts them (heartbeat)."),
    reportedInFlight: z.number().optional(),
    sampled: z
      .strictObject({
        attempts: z.int().describe("Tries in the sample."),
        unanswered: z.int().describe("Those that ended before an answer began."),
        p50Ms: z.number().optional(),
        p90Ms: z.number().optional(),
        p99Ms: z.number().optional().describe("Percentiles within 4.5 %; absent with too few tries."),
      })
      .optional()
      .describe("From access logs, where `signals.accessLogSamplePercent` is set: the last 15 to 30 s."),
    ageMs: z.number(),
    confidence: share,
  })
  .describe("Load of an endpoint in the last round of reports");

export const weightsAnswerSchema = z
  .strictObject({
    service: z.string(),
    revision,
    mode: planMode,
    freeze: freezeSchema.optional().describe("Set while an operator's freeze holds."),
    policy: z.string(),
    signalMode,
    levels: z
      .array(
        z.strictObject({
          service: z.string().optional().describe("The instances of this other service, which take over."),
          priority: z.int(),
          share: share.describe("Of the traffic, for its healthy instances; in panic for all."),
          degradedShare: share.describe("Of the traffic, for its degraded instances."),
          panic: z.boolean().describe("Health is ignored, too few are healthy."),
          instances: z.int(),
          healthy: z.int(),
          degraded: z.int(),
        }),
      )
      .describe("Priorities, most preferred first, and what Envoy sends to each."),
    localities: z
      .strictObject({
        prefer: z.enum(NEARNESSES),
        levels: z.array(
          z.strictObject({
            priority: z.int(),
            zones: z.array(
              z.strictObject({
                region: z.string(),
                zone: z.string().describe("Empty where regions are preferred."),
                capacity: share.describe("Of the capacity of the priority, as far as nothing holds it back."),
                demand: share.describe("Of the calls: those that come from here."),
                share: share.describe("Of the traffic of the priority: what arrives here."),
                sends: z.array(share).describe("What callers here send to each zone, in their order."),
              }),
            ),
            elsewhere: z.array(share).describe("What callers in none of the zones send to each, in their order."),
          }),
        ),
      })
      .optional()
      .describe("How callers are spread over zones; absent unless `failover.locality` is set."),
    endpoints: z.array(
      z.strictObject({
        instance: z.string(),
        address: z.string(),
        port: z.int(),
        weight: z.int().describe("What Envoy is told."),
        share: share.describe("Target share of what the service's own instances get."),
        measuredShare: share.optional().describe("Share of what was completed in the last round."),
        ...shadow,
        health,
        load: loadAnswerSchema.optional(),
        reasons: z.array(z.string()),
      }),
    ),
  })
  .describe("The weights in force");

export const ownerAnswerSchema = z
  .strictObject({
    service: z.string(),
    key: z.string(),
    hash: z.string().describe("xxHash64 of the key, hexadecimal."),
    instance: z.string(),
    instanceService: z.string().describe("Whose instance it is: another service's where that one takes over."),
    address: z.string(),
    port: z.int(),
    priority: z.int().describe("As registered: each priority has a table of its own."),
    health,
    table: z.string().describe("Envoy's name for it: `maglev` or `ring_hash`."),
    slot: z.int().describe("Of the key in the table."),
    slots: z.int(),
    hosts: z.int().describe("Instances in the table."),
    revision,
  })
  .describe("Which instance a key is sent to, in the table that proxies make of the weights in force");

export const explanationAnswerSchema = z
  .strictObject({
    service: z.string(),
    instance: z.string(),
    policy: z.string(),
    mode: planMode,
    freeze: freezeSchema.optional(),
    signalMode,
    health,
    weight: z.int(),
    share,
    fairShare: share.describe("What an equal split would give."),
    measuredShare: share.optional(),
    ...shadow,
    factors: z
      .array(z.strictObject({ name: z.string(), value: z.number(), note: z.string().optional() }))
      .describe("Their product is `share`."),
    reasons: z.array(z.string()),
    enforcement: z.string().describe("How the share became the weight."),
    load: loadAnswerSchema.optional(),
    history: z.array(
      z.strictObject({ atWallMs: z.number(), revision, weight: z.int(), share, reasons: z.array(z.string()) }),
    ),
  })
  .describe("Why the weight of an instance is what it is");

export const algorithmsAnswerSchema = z
  .strictObject({
    default: z.string(),
    algorithms: z.array(
      z.strictObject({
        name: z.string(),
        summary: z.string(),
        settings: z.record(z.string(), z.unknown()).describe("JSON Schema of `settings` in a policy."),
      }),
    ),
  })
  .describe("The algorithms that a policy may name");

const nodeTypeSchema = z.strictObject({
  typeUrl: z.string(),
  subscribed: z.union([z.literal("*"), z.strictObject({ count: z.int(), names: z.array(z.string()) })]),
  sentVersion: z.string().optional(),
  ackedVersion: z.string().optional(),
  state: z.enum(["SYNCED", "STALE", "NACKED", "NOT_SENT"]),
  error: z
    .looseObject({ code: z.int().optional(), message: z.string(), atMs: z.number(), resources: z.array(z.string()) })
    .optional()
    .describe("Why the proxy refused; stands until it accepts."),
});

export const nodeAnswerSchema = z
  .strictObject({
    id: z.string(),
    cluster: z.string(),
    audience: z.string().describe("Which set of resources it gets."),
    locality: z.strictObject({ region: z.string(), zone: z.string(), subZone: z.string() }),
    userAgent: z.string(),
    metadata: z.record(z.string(), z.unknown()),
    connectedSinceMs: z.number(),
    transports: z.array(z.string()),
    streams: z.int(),
    types: z.array(nodeTypeSchema),
  })
  .describe("A proxy with an open xDS stream");

export const nodesAnswerSchema = z.strictObject({ nodes: z.array(nodeAnswerSchema) }).describe("Proxies, sorted by id");

export const problemAnswerSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string(),
    errors: z.array(
      z.strictObject({ pointer: z.string().describe("JSON pointer into the body."), detail: z.string() }),
    ),
    requestId: z.string(),
    retryAfterMs: z.number().optional(),
  })
  .describe("RFC 9457 problem");

export type InstanceAnswer = z.output<typeof instanceAnswerSchema>;
export type InstancesAnswer = z.output<typeof instancesAnswerSchema>;
export type ImportAnswer = z.output<typeof importAnswerSchema>;
export type HeartbeatAnswer = z.output<typeof heartbeatAnswerSchema>;
export type HeartbeatsAnswer = z.output<typeof heartbeatsAnswerSchema>;
export type ServiceAnswer = z.output<typeof serviceAnswerSchema>;
export type ServicesAnswer = z.output<typeof servicesAnswerSchema>;
export type ApplyAnswer = z.output<typeof applyAnswerSchema>;
export type RoutesAnswer = z.output<typeof routesAnswerSchema>;
export type RouteAnswer = z.output<typeof routeAnswerSchema>;
export type FreezeAnswer = z.output<typeof freezeAnswerSchema>;
export type LoadAnswer = z.output<typeof loadAnswerSchema>;
export type WeightsAnswer = z.output<typeof weightsAnswerSchema>;
export type OwnerAnswer = z.output<typeof ownerAnswerSchema>;
export type ExplanationAnswer = z.output<typeof explanationAnswerSchema>;
export type NodesAnswer = z.output<typeof nodesAnswerSchema>;
