// The resources of one service alone, as an Envoy that gets everything from the server has them.
import { AssignmentEncoder } from "../../src/translate/assignment-encoder.js";
import { type DataPlane, FULL_ENVOY } from "../../src/translate/data-plane.js";
import type { PlannedService } from "../../src/translate/planned-service.js";
import type { Resource } from "../../src/translate/resource.js";
import { serviceResources } from "../../src/translate/service-resources.js";

export function translated(service: PlannedService, plane: DataPlane = FULL_ENVOY): readonly Resource[] {
  const encoderOf = (name: string) => new AssignmentEncoder(name);
  return serviceResources({ ...service, encoderOf, related: new Map() }, plane);
}
