// What one audience holds: all services and the gateway, each as a group of resources. Says what a new version of a group
// changes, so that a resource which is no longer in it is removed.
import type { DataPlane } from "../translate/data-plane.js";
import { isFor } from "../translate/data-plane.js";
import type { Resource } from "../translate/resource.js";

const NOTHING: readonly Resource[] = [];

export class AudienceContent {
  readonly plane: DataPlane;
  readonly #groups = new Map<string, readonly Resource[]>();
  #upsert: Resource[] = [];
  #remove: Resource[] = [];

  constructor(plane: DataPlane) {
    this.plane = plane;
  }

  /** @param group any name; its resources are disjoint from those of other groups */
  put(group: string, resources: readonly Resource[]): void {
    const before = this.#groups.get(group) ?? NOTHING;
    const after = resources.filter((resource) => isFor(this.plane, resource));
    if (after.length === 0) this.#groups.delete(group);
    else this.#groups.set(group, after);
    this.#upsert.push(...after.filter((resource) => !before.includes(resource)));
    this.#remove.push(...before.filter((old) => !after.some((kept) => isSame(kept, old))));
  }

  /** What was put since the last call. */
  take(): { readonly upsert: readonly Resource[]; readonly remove: readonly Resource[] } | undefined {
    const [upsert, remove] = [this.#upsert, this.#remove];
    if (upsert.length === 0 && remove.length === 0) return undefined;
    [this.#upsert, this.#remove] = [[], []];
    // A resource may have moved from one group to another.
    return { upsert, remove: remove.filter((gone) => !upsert.some((there) => isSame(there, gone))) };
  }
}

function isSame(a: Resource, b: Resource): boolean {
  return a.name === b.name && a.typeUrl === b.typeUrl;
}
