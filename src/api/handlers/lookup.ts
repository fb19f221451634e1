// Finding what a path names, or the 404 that says which part of it is unknown.
import { SteelyardError } from "../../model/errors.js";
import type { InstanceId, ServiceName } from "../../model/ids.js";
import type { CatalogueInstance } from "../../model/instance.js";
import type { ServiceSnapshot } from "../../model/service.js";
import type { RegistryPort } from "../ports.js";

/** @throws SteelyardError ERR_UNKNOWN_SERVICE */
export function serviceOf(registry: RegistryPort, service: ServiceName): ServiceSnapshot {
  const snapshot = registry.services.get(service);
  if (snapshot) return snapshot;
  throw new SteelyardError("ERR_UNKNOWN_SERVICE", `there is no service ${service}`);
}

/** @throws SteelyardError ERR_UNKNOWN_SERVICE, ERR_UNKNOWN_INSTANCE */
export function instanceOf(registry: RegistryPort, service: ServiceName, id: InstanceId): CatalogueInstance {
  serviceOf(registry, service);
  return registry.get(service, id) ?? unknownInstance(service, id);
}

export function unknownInstance(service: ServiceName, id: InstanceId): never {
  throw new SteelyardError("ERR_UNKNOWN_INSTANCE", `service ${service} has no instance ${id}`);
}

/**
 * The revision that a conditional write compares with.
 * @throws SteelyardError ERR_REVISION_MISMATCH when "*" asks for something that is not there
 */
export function revisionToMatch(ifMatch: number | "*" | undefined, current: number | undefined): number | undefined {
  if (ifMatch !== "*") return ifMatch;
  if (current !== undefined) return current;
  throw new SteelyardError("ERR_REVISION_MISMATCH", "If-Match: * needs something to match, and nothing is there");
}
