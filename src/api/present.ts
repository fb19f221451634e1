// From the model to the shapes of answers.ts. Pure: one function per shape, so that HTTP answers and event streams
// show the same thing.
import type { Explanation } from "../control/explanation.js";
import type { Freeze } from "../model/freeze.js";
import { takesTraffic } from "../model/health.js";
import type { CatalogueInstance } from "../model/instance.js";
import type { PlanLocalities, WeightPlan } from "../model/plan.js";
import { withoutSecrets } from "../model/policy/secrets.js";
import type { InstanceProbe } from "../model/probe.js";
import type { NamedRoute } from "../model/route/route.js";
import type { ServicePolicy, ServiceSnapshot } from "../model/service.js";
import type { LeaseGrant } from "../registry/lease-grant.js";
import type { ManifestChange } from "../registry/manifest-writer.js";
import type {
  ApplyAnswer,
  ExplanationAnswer,
  FreezeAnswer,
  HeartbeatAnswer,
  InstanceAnswer,
  InstancesAnswer,
  RouteAnswer,
  ServiceAnswer,
  WeightsAnswer,
} from "./answers.js";
import { strongTag } from "./etag.js";

/** With `grant`, the answer to the instance itself: when to beat, and until when it counts as alive. */
export function presentInstance(instance: CatalogueInstance, grant?: LeaseGrant): InstanceAnswer {
  return {
    service: instance.service,
    id: instance.id,
    address: instance.address,
    port: instance.port,
    generation: instance.generation,
    ttlSeconds: instance.ttlMs / 1_000,
    deregisterAfterSeconds: instance.deregisterAfterMs / 1_000,
    status: instance.status,
    adminState: instance.adminState,
    health: instance.health,
    ...(instance.probe && { probe: presentProbe(instance.probe) }),
    weight: instance.weight,
    locality: { ...instance.locality },
    priority: instance.priority,
    metadata: { ...instance.metadata },
    hostname: instance.hostname,
    ...(instance.imported === true && { imported: true as const }),
    registeredAt: new Date(instance.registeredAtMs).toISOString(),
    revision: instance.revision,
    ...(instance.drain && {
      drain: { left: instance.drain.left, timeoutSeconds: instance.drain.timeoutMs / 1_000 },
    }),
    lease: {
      state: instance.lease,
      ttlSeconds: instance.ttlMs / 1_000,
      ...(grant && { heartbeatAfterMs: grant.heartbeatAfterMs, expiresAt: expiryOf(grant) }),
    },
    ...(grant && { degraded: grant.degraded }),
  };
}

function presentProbe({ verdict, detail, ignored }: InstanceProbe): InstanceAnswer["probe"] {
  return { verdict, detail, ...(ignored && { ignored }) };
}

/** Lease and probes change an answer without a new revision of the record, so they are part of the tag. */
export function instanceTag({ revision, lease, probe, health }: CatalogueInstance): string {
  const plain = probe === undefined || (probe.verdict === "passing" && !probe.ignored);
  const words = [lease === "live" ? "" : lease, plain ? "" : `${probe.verdict}${health.toLowerCase()}`].join("");
  return strongTag(revision, words === "" ? undefined : words);
}

export function presentLease(grant: LeaseGrant): HeartbeatAnswer {
  return {
    heartbeatAfterMs: grant.heartbeatAfterMs,
    ttlSeconds: grant.ttlMs / 1_000,
    expiresAt: expiryOf(grant),
    degraded: grant.degraded,
  };
}

export function presentInstances(snapshot: ServiceSnapshot): InstancesAnswer {
  return {
    service: snapshot.service,
    revision: snapshot.revision,
    instances: snapshot.instances.map((instance) => presentInstance(instance)),
  };
}

export function presentService(snapshot: ServiceSnapshot): ServiceAnswer {
  return {
    service: snapshot.service,
    revision: snapshot.revision,
    declared: snapshot.declared,
    policy: presentPolicy(snapshot.policy),
    instances: snapshot.instances.length,
    healthy: snapshot.instances.filter((instance) => takesTraffic(instance.health)).length,
  };
}

function presentPolicy(policy: ServicePolicy): ServiceAnswer["policy"] {
  return { ...withoutSecrets(policy) };
}

export function presentChange(change: ManifestChange): ApplyAnswer["changes"][number] {
  const { kind, name, outcome, before, after } = change;
  if (kind === "route") return { kind, name, outcome, ...(before && { before }), after };
  return { kind, name, outcome, ...(before && { before: presentPolicy(before) }), after: presentPolicy(after) };
}

export function presentRoute({ name, route, revision }: NamedRoute): RouteAnswer {
  return { name, revision, route };
}

export function presentWeights(plan: WeightPlan): WeightsAnswer {
  const totalRps = plan.entries.reduce((sum, entry) => sum + (entry.load?.rps ?? 0), 0);
  return {
    service: plan.service,
    revision: plan.revision,
    mode: plan.mode,
    ...(plan.freeze && { freeze: presentFreeze(plan.freeze) }),
    policy: plan.policy,
    signalMode: plan.signalMode,
    levels: plan.levels.map((level) => ({ ...level })),
    ...(plan.localities && { localities: presentLocalities(plan.localities) }),
    endpoints: plan.entries.map((entry) => ({
      instance: entry.instance,
      address: entry.address,
      port: entry.port,
      weight: entry.weight,
      share: entry.share,
      ...(totalRps > 0 && { measuredShare: (entry.load?.rps ?? 0) / totalRps }),
      ...(entry.shadowShare !== undefined && { shadowShare: entry.shadowShare }),
      ...(entry.shadowWeight !== undefined && { shadowWeight: entry.shadowWeight }),
      health: entry.health,
      ...(entry.load && { load: presentLoad(entry.load) }),
      reasons: [...entry.reasons],
    })),
  };
}

function presentLocalities({ prefer, levels }: PlanLocalities): WeightsAnswer["localities"] {
  return {
    prefer,
    levels: levels.map(({ priority, zones, elsewhere }) => ({
      priority,
      zones: zones.map(({ degradedPart: _stands, sends, ...zone }) => ({ ...zone, sends: [...sends] })),
      elsewhere: [...elsewhere],
    })),
  };
}

/** What a service shows between its first registration and its first plan. */
export function presentUnplanned(snapshot: ServiceSnapshot): WeightsAnswer {
  const { service, policy } = snapshot;
  return { service, revision: 0, mode: "normal", policy: policy.algorithm, signalMode: "N", levels: [], endpoints: [] };
}

export function presentExplanation(explanation: Explanation): ExplanationAnswer {
  const { load, measuredShare, freeze, factors, reasons, history, ...rest } = explanation;
  return {
    ...rest,
    ...(freeze && { freeze: presentFreeze(freeze) }),
    ...(measuredShare !== undefined && { measuredShare }),
    factors: factors.map((factor) => ({ ...factor })),
    reasons: [...reasons],
    ...(load && { load: presentLoad(load) }),
    history: history.map((past) => ({ ...past, reasons: [...past.reasons] })),
  };
}

export function presentFreeze({ reason, frozenAtMs, expiresAtMs }: Freeze): Omit<FreezeAnswer, "service"> {
  return {
    reason,
    frozenAt: new Date(frozenAtMs).toISOString(),
    ...(expiresAtMs !== undefined && { expiresAt: new Date(expiresAtMs).toISOString() }),
  };
}

type Load = NonNullable<Explanation["load"]>;

function presentLoad({ instance: _instance, ...load }: Load): Omit<Load, "instance"> {
  return load;
}

function expiryOf(grant: LeaseGrant): string {
  return new Date(grant.expiresAtWallMs).toISOString();
}
