// A registered instance with every field at a plain value, so that a test spells out only what it is about.
import { parseInstanceId, parseServiceName } from "../../src/model/ids.js";
import type { CatalogueInstance } from "../../src/model/instance.js";

export function catalogueInstance(
  service: string,
  id: string,
  given: Partial<CatalogueInstance> = {},
): CatalogueInstance {
  return {
    address: "127.0.0.1",
    port: 8_000,
    weight: 100,
    priority: 0,
    locality: { region: "", zone: "", subZone: "" },
    hostname: "",
    metadata: {},
    generation: "",
    status: "ready",
    adminState: "ready",
    ttlMs: 30_000,
    deregisterAfterMs: 600_000,
    registeredAtMs: 0,
    revision: 1,
    lease: "live",
    health: "HEALTHY",
    ...given,
    service: parseServiceName(service),
    id: parseInstanceId(id),
  };
}
