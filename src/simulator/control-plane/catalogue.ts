// The hosts as the registry would hand them to the control loop.

import type { InstanceId, ServiceName } from "../../model/ids.js";
import type { CatalogueInstance, Instance } from "../../model/instance.js";
import { effectiveHealth } from "../../model/instance.js";
import { DEFAULT_SERVICE_POLICY, type ServicePolicy, type ServiceSnapshot } from "../../model/service.js";
import type { HostState } from "../plant/host-state.js";

export const SIMULATED_SERVICE = "simulated" as ServiceName;

/** Ids sort like the indices. */
export function instanceIdOf(host: number): InstanceId {
  return (IDS[host] ??= `host-${String(host).padStart(4, "0")}` as InstanceId);
}

export function hostOf(id: string): number {
  return Number(id.slice("host-".length));
}

/** Made once each: balancers in the proxies ask for them at every request. */
const IDS: InstanceId[] = [];

export function snapshotOf(state: HostState, policy: Partial<ServicePolicy>, revision: number): ServiceSnapshot {
  const instances = Array.from({ length: state.count }, (_, host) => host)
    .filter((host) => state.membership[host] !== "absent")
    .map((host) => instanceOf(state, host));
  return {
    service: SIMULATED_SERVICE,
    policy: { ...DEFAULT_SERVICE_POLICY, ...policy },
    instances,
    revision,
    declared: true,
  };
}

function instanceOf(state: HostState, host: number): CatalogueInstance {
  const instance: Instance = {
    service: SIMULATED_SERVICE,
    id: instanceIdOf(host),
    address: `10.0.${host >> 8}.${host & 255}`,
    port: 80,
    weight: 100,
    priority: 0,
    locality: { region: "r", zone: `z${state.zone[host] ?? 0}`, subZone: "" },
    hostname: "",
    metadata: {},
    generation: "",
    status: state.membership[host] === "draining" ? "draining" : "ready",
    adminState: "ready",
    ttlMs: 30_000,
    deregisterAfterMs: 600_000,
    registeredAtMs: 0,
    revision: 1,
  };
  return { ...instance, lease: "live", health: effectiveHealth(instance, "live") };
}
