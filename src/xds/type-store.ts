// All resources of one type for one audience, with the hash of the whole set kept up to date in O(1) per change. What was
// put in as a message stays one until somebody looks: content that is replaced before any client wants it is never encoded.
import { SetHash } from "./content-hash.js";
import { Resource, type ResourceInput, sameRefs } from "./resource.js";
import type { ResourcePool } from "./resource-pool.js";
import { Selection } from "./selection.js";
import type { SharedNames } from "./shared-names.js";
import { TypeSnapshot } from "./type-snapshot.js";

/** What the content of a type is called on the wire, and what it has of a list of names. */
export interface TypeVersion {
  readonly versionInfo: string;
  /** The name that the caller chose. */
  readonly pinned: string | undefined;
  select(names: SharedNames): Selection;
}

interface Deferred {
  readonly input: ResourceInput;
  readonly typeVersion: string | undefined;
}

export class TypeStore implements TypeVersion {
  readonly #pool: ResourcePool;
  readonly #resources = new Map<string, Resource>();
  /** Newer than what `#resources` holds under the same name. */
  readonly #deferred = new Map<string, Deferred>();
  readonly #hash = new SetHash();
  #pinned: string | undefined;
  #snapshot: TypeSnapshot | undefined;
  /** Made since the last change. */
  #selections: WeakMap<SharedNames, Selection> | undefined;

  constructor(pool: ResourcePool) {
    this.#pool = pool;
  }

  /** @throws what encoding the message throws */
  get(name: string): Resource | undefined {
    if (this.#deferred.size > 0) this.#settle(name);
    return this.#resources.get(name);
  }

  /** @throws as `get` */
  names(): IterableIterator<string> {
    this.#settleAll();
    return this.#resources.keys();
  }

  /** What a state-of-the-world answer calls its version: pinned by the caller, else the hash of the content. */
  get versionInfo(): string {
    this.#settleAll();
    return this.#pinned ?? this.#hash.version;
  }

  pin(typeVersion: string | undefined): void {
    if (this.#pinned === typeVersion) return;
    this.#pinned = typeVersion;
    this.#changed();
  }

  get pinned(): string | undefined {
    return this.#pinned;
  }

  /** Did somebody look at `name`, so that new content must be compared with it? */
  wasRead(name: string): boolean {
    return this.#resources.has(name) && !this.#deferred.has(name);
  }

  /** Puts a resource whose message is encoded when it is looked at. */
  defer(input: ResourceInput, typeVersion?: string): void {
    this.#deferred.set(input.name, { input, typeVersion });
    this.#changed();
  }

  put(resource: Resource): void {
    this.#deferred.delete(resource.name);
    const previous = this.#resources.get(resource.name);
    if (previous) this.#forget(previous);
    const held = this.#pool.acquire(resource);
    this.#hash.add(held.fingerprint);
    this.#resources.set(held.name, held);
    this.#changed();
  }

  remove(name: string): boolean {
    const deferred = this.#deferred.delete(name);
    const previous = this.#resources.get(name);
    if (previous) {
      this.#forget(previous);
      this.#resources.delete(name);
    }
    if (deferred || previous) this.#changed();
    return deferred || previous !== undefined;
  }

  /** The whole content, built once per change and shared by all streams. */
  snapshot(): TypeSnapshot {
    this.#settleAll();
    this.#snapshot ??= new TypeSnapshot(this.#resources.values(), this.#pinned);
    return this.#snapshot;
  }

  /** What there is of a list of names, found once per change and shared by all streams. */
  select(names: SharedNames): Selection {
    const known = this.#selections?.get(names);
    if (known) return known;
    const selection = new Selection(names, (name) => this.get(name));
    this.#selections ??= new WeakMap(); // only now: to settle what was deferred is a change
    this.#selections.set(names, selection);
    return selection;
  }

  /** Gives everything back to the pool; the store is of no use any more. */
  dispose(): void {
    for (const resource of this.#resources.values()) this.#pool.release(resource);
    this.#resources.clear();
    this.#deferred.clear();
  }

  #settle(name: string): void {
    const deferred = this.#deferred.get(name);
    if (!deferred) return;
    const resource = new Resource(deferred.input, deferred.typeVersion);
    const held = this.#resources.get(name);
    if (held && held.stamp === resource.stamp && sameRefs(held, resource)) {
      this.#deferred.delete(name); // equal content keeps the object, and with it the frames that were made of it
    } else this.put(resource);
  }

  #settleAll(): void {
    for (const name of this.#deferred.keys()) this.#settle(name);
  }

  #changed(): void {
    this.#snapshot = undefined;
    this.#selections = undefined;
  }

  #forget(resource: Resource): void {
    this.#hash.remove(resource.fingerprint);
    this.#pool.release(resource);
  }
}
