// One object for equal resources, whichever audiences hold them: the bytes are kept once, and so are the frames that are
// made of them. Counted, not collected: what the last audience lets go of is gone at once.
import type { Resource } from "./resource.js";
import { sameRefs } from "./resource.js";

interface Entry {
  readonly resource: Resource;
  uses: number;
}

export class ResourcePool {
  /** By hash of name and version; where two different resources meet, the later is not shared. */
  readonly #entries = new Map<bigint, Entry>();

  /** Distinct resources in use. */
  get size(): number {
    return this.#entries.size;
  }

  /** The shared object that equals `resource`, or `resource` itself. To be given back with `release`. */
  acquire(resource: Resource): Resource {
    const entry = this.#entries.get(resource.fingerprint);
    if (!entry) {
      this.#entries.set(resource.fingerprint, { resource, uses: 1 });
      return resource;
    }
    if (!equals(entry.resource, resource)) return resource;
    entry.uses++;
    return entry.resource;
  }

  release(resource: Resource): void {
    const entry = this.#entries.get(resource.fingerprint);
    if (entry?.resource !== resource) return;
    entry.uses--;
    if (entry.uses === 0) this.#entries.delete(resource.fingerprint);
  }
}

/** By content, not by hash: a collision must not serve one audience what belongs to another. */
function equals(a: Resource, b: Resource): boolean {
  return (
    a === b ||
    (a.typeUrl === b.typeUrl &&
      a.name === b.name &&
      a.stamp === b.stamp &&
      sameRefs(a, b) &&
      Buffer.compare(a.bytes, b.bytes) === 0)
  );
}
