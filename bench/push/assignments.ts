// The assignments that are pushed: the same fields, names and weights as the Go peer makes, so that all contenders send the
// same bytes within a percent. Every push changes every weight of one assignment, all within 128..997.

import type { ClusterLoadAssignment } from "../../src/gen/envoy/config/endpoint/v3/endpoint.js";
import { parseInstanceId, parseServiceName } from "../../src/model/ids.js";
import { assignmentOf } from "../../src/translate/assignment.js";

export const clusterName = (index: number): string => `cluster-${String(index).padStart(5, "0")}`;

/** `pushes`: how many there have been, this one included. */
export function assignment(index: number, endpoints: number, pushes: number): ClusterLoadAssignment {
  return assignmentOf(
    parseServiceName(clusterName(index)),
    Array.from({ length: endpoints }, (_, i) => {
      const instance = `backend-${String(i).padStart(5, "0")}`;
      return {
        instance: parseInstanceId(instance),
        address: `10.${100 + (index % 100)}.${100 + Math.floor(i / 100)}.${100 + (i % 100)}`,
        port: 8080,
        hostname: `${instance}.mesh.test`,
        locality: { region: "", zone: "", subZone: "" },
        priority: 0,
        weight: 128 + ((i * 7 + pushes * 13) % 870),
        health: "HEALTHY" as const,
      };
    }),
  );
}
