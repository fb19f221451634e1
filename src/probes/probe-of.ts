// From the check in a policy to the probe that asks it.
import type { HealthCheck } from "../model/policy/health-checks.js";
import { grpcProbe } from "./grpc-probe.js";
import { httpProbe } from "./http-probe.js";
import type { Probe } from "./target.js";
import { tcpProbe } from "./tcp-probe.js";

/** Also the label of metrics. */
export type ProbeKind = "http" | "tcp" | "grpc";

export function probeKindOf(check: HealthCheck): ProbeKind {
  return "http" in check ? "http" : "tcp" in check ? "tcp" : "grpc";
}

export function probeOf(check: HealthCheck): Probe {
  if ("http" in check) return httpProbe(check.http);
  return "tcp" in check ? tcpProbe : grpcProbe(check.grpc.service);
}
