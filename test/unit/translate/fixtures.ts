// Endpoints for the tests of translation.
import { parseInstanceId, parseServiceName } from "../../../src/model/ids.js";
import type { AssignmentEndpoint } from "../../../src/translate/assignment.js";

export const CHECKOUT = parseServiceName("checkout");

export function endpoint(id: string, overrides: Partial<AssignmentEndpoint> = {}): AssignmentEndpoint {
  return {
    instance: parseInstanceId(id),
    address: "10.0.0.1",
    port: 8_000,
    hostname: "",
    locality: { region: "", zone: "", subZone: "" },
    priority: 0,
    weight: 100,
    health: "HEALTHY",
    ...overrides,
  };
}
