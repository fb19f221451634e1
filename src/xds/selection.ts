// What an audience has of a list of names at one moment. Made once for all streams that ask for the same list: when a
// fleet connects, each of them would look up the same resources only to find the same answer.
import type { Resource, ResourceId } from "./resource.js";
import type { SharedNames } from "./shared-names.js";

export class Selection {
  /** In the order of the list; names without a resource are left out. */
  readonly resources: readonly Resource[];
  /** Of the resources, by name. */
  readonly stamps: ReadonlyMap<string, string>;
  readonly missing: readonly string[];
  readonly bytes: number;
  /** Of all resources. */
  readonly refs: readonly ResourceId[];

  constructor(names: SharedNames, find: (name: string) => Resource | undefined) {
    const resources: Resource[] = [];
    const stamps = new Map<string, string>();
    const missing: string[] = [];
    let bytes = 0;
    for (const name of names.list) {
      const resource = find(name);
      if (!resource) {
        missing.push(name);
        continue;
      }
      resources.push(resource);
      stamps.set(name, resource.stamp);
      bytes += resource.bytes.length;
    }
    this.resources = resources;
    this.stamps = stamps;
    this.missing = missing;
    this.bytes = bytes;
    this.refs = resources.flatMap(({ refs }) => refs);
  }
}
