// All resources of one type for one audience, with the hash of the whole set kept up to date in O(1) per change.
import { SetHash } from "./content-hash.js";
import type { Resource } from "./resource.js";
import { TypeSnapshot } from "./type-snapshot.js";

export class TypeStore {
  readonly #resources = new Map<string, Resource>();
  readonly #hash = new SetHash();
  #pinned: string | undefined;
  #snapshot: TypeSnapshot | undefined;

  get size(): number {
    return this.#resources.size;
  }

  get(name: string): Resource | undefined {
    return this.#resources.get(name);
  }

  names(): IterableIterator<string> {
    return this.#resources.keys();
  }

  /** What a state-of-the-world answer calls its version: pinned by the caller, else the hash of the content. */
  get versionInfo(): string {
    return this.#pinned ?? this.#hash.version;
  }

  pin(typeVersion: string | undefined): void {
    if (this.#pinned === typeVersion) return;
    this.#pinned = typeVersion;
    this.#snapshot = undefined;
  }

  get pinned(): string | undefined {
    return this.#pinned;
  }

  put(resource: Resource): void {
    const previous = this.#resources.get(resource.name);
    if (previous) this.#hash.remove(previous.fingerprint);
    this.#hash.add(resource.fingerprint);
    this.#resources.set(resource.name, resource);
    this.#snapshot = undefined;
  }

  remove(name: string): boolean {
    const previous = this.#resources.get(name);
    if (!previous) return false;
    this.#hash.remove(previous.fingerprint);
    this.#resources.delete(name);
    this.#snapshot = undefined;
    return true;
  }

  /** The whole content, built once per change and shared by all streams. */
  snapshot(): TypeSnapshot {
    this.#snapshot ??= new TypeSnapshot(this.#resources.values(), this.#pinned);
    return this.#snapshot;
  }
}
