// The assignments that are pushed: the same fields, names and weights as the Go peer makes, so that all contenders send the
// same bytes within a percent. Every push changes every weight of one assignment, all within 128..996. Texts are made once,
// as in the peer: what is measured begins with a list of endpoints.
import { parseInstanceId, parseServiceName } from "../../src/model/ids.js";
import type { AssignmentEndpoint } from "../../src/translate/assignment.js";

export const clusterName = (index: number): string => `cluster-${String(index).padStart(5, "0")}`;

export class Fleet {
  readonly #endpoints: number;
  readonly #members = new Map<number, readonly Omit<AssignmentEndpoint, "weight">[]>();

  constructor(endpoints: number) {
    this.#endpoints = endpoints;
  }

  /** Of one cluster, after so many pushes. */
  assignment(index: number, pushes: number): readonly AssignmentEndpoint[] {
    let members = this.#members.get(index);
    if (!members) this.#members.set(index, (members = this.#make(index)));
    // What was there before the first push never comes again, or a push would have nothing to say.
    const phase = pushes === 0 ? 0 : 1 + ((pushes - 1) % 868);
    return members.map(({ instance, address, port, hostname, locality, priority, health }, i) => {
      const weight = 128 + ((i * 7 + phase * 13) % 869);
      return { instance, address, port, hostname, locality, priority, weight, health };
    });
  }

  #make(index: number): readonly Omit<AssignmentEndpoint, "weight">[] {
    return Array.from({ length: this.#endpoints }, (_, i) => {
      const instance = `backend-${String(i).padStart(5, "0")}`;
      return {
        instance: parseInstanceId(instance),
        address: `10.${100 + (index % 100)}.${100 + Math.floor(i / 100)}.${100 + (i % 100)}`,
        port: 8080,
        hostname: `${instance}.mesh.test`,
        locality: { region: "", zone: "", subZone: "" },
        priority: 0,
        health: "HEALTHY" as const,
      };
    });
  }
}

export const serviceOf = (index: number): ReturnType<typeof parseServiceName> => parseServiceName(clusterName(index));
