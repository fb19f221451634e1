// A plan and an explanation as control would publish them, and a node as the xDS engine tells of it.
import type { Published } from "../../../src/app/publisher.js";
import type { Explanation } from "../../../src/control/explanation.js";
import { LEAST_REQUEST } from "../../../src/model/enforcement.js";
import { parseInstanceId, parseServiceName } from "../../../src/model/ids.js";
import type { EndpointLoad } from "../../../src/model/load.js";
import type { WeightPlan } from "../../../src/model/plan.js";
import type { ServiceSnapshot } from "../../../src/model/service.js";
import type { NodeStatus } from "../../../src/xds/node-status.js";
import { translated } from "../../harness/translated.js";

export interface SampleEndpoint {
  readonly id: string;
  readonly weight: number;
  readonly share: number;
  /** Default 0. */
  readonly rps?: number;
  readonly reasons?: readonly string[];
}

function loadOf(id: string, rps: number): EndpointLoad {
  return {
    instance: parseInstanceId(id),
    successes: rps,
    errors: 0,
    issued: rps,
    inFlight: 2,
    rps,
    errorRate: rps > 0 ? 0 : undefined,
    latencyMs: rps > 0 ? 20 : undefined,
    latencyCount: rps,
    latencySource: rps > 0 ? "envoy" : "none",
    ageMs: 300,
    confidence: 0.9,
  };
}

export function planOf(service: string, endpoints: readonly SampleEndpoint[]): WeightPlan {
  return {
    service: parseServiceName(service),
    revision: 7,
    mode: "normal",
    policy: "adaptive",
    signalMode: "L",
    enforcement: LEAST_REQUEST,
    levels: [{ priority: 0, share: 1, degradedShare: 0, panic: false, instances: 2, healthy: 2, degraded: 0 }],
    entries: endpoints.map(({ id, weight, share, rps = 0, reasons = [] }, index) => ({
      instance: parseInstanceId(id),
      address: `10.0.0.${index + 1}`,
      port: 8080,
      priority: 0,
      health: "HEALTHY",
      weight,
      share,
      factors: [],
      reasons,
      load: loadOf(id, rps),
    })),
  };
}

/** What proxies have of a service, by a table of few slots. */
export function publishedOf(snapshot: ServiceSnapshot, plan: WeightPlan, tableSize = 1_009): Published {
  const enforcement = { policy: "maglev", tableSize } as const;
  const hashed = { ...plan, enforcement };
  return { plans: [hashed], enforcement, resources: translated({ snapshot, plan: hashed }) };
}

export function explanationOf(service: string, instance: string): Explanation {
  return {
    service: parseServiceName(service),
    instance: parseInstanceId(instance),
    policy: "adaptive",
    mode: "normal",
    signalMode: "L",
    health: "HEALTHY",
    weight: 51,
    share: 0.05,
    fairShare: 0.2,
    measuredShare: 0.06,
    factors: [
      { name: "fair", value: 0.2, note: "1 of 5 instances" },
      { name: "latency", value: 0.25, note: "212 ms against a mean of 21 ms" },
    ],
    reasons: ["slow: 212 ms against a mean of 21 ms"],
    enforcement: "least_request: w = s(1 + s·n), n = 8.9 in flight per worker",
    load: loadOf(instance, 12),
    history: [{ atWallMs: 1_000, revision: 6, weight: 80, share: 0.08, reasons: ["slow"] }],
  };
}

export function nodeOf(id: string, state: "SYNCED" | "NACKED"): NodeStatus {
  const error = { code: 3, message: "no such cluster", atMs: 1_000, resources: ["orders"] };
  return {
    id,
    cluster: "edge",
    audience: "full",
    locality: { region: "", zone: "z1", subZone: "" },
    userAgent: "envoy 1.40.0",
    metadata: { steelyard: { workers: 2 } },
    connectedSinceMs: 1_000,
    transports: ["ads-delta"],
    streams: 1,
    types: [
      {
        typeUrl: "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
        subscribed: { count: 1, names: ["orders"] },
        sentVersion: "v2",
        ackedVersion: "v1",
        state,
        error: state === "NACKED" ? error : undefined,
      },
    ],
  };
}
