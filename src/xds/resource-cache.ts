// What is to be served, per audience (a group of nodes that get the same answer). Invariants: a call is applied whole or
// not at all; content that is equal to what is held changes nothing and wakes nobody; equal content of two audiences is
// held once.
import { FrameFactory } from "./frame.js";
import { Resource, type ResourceContent, type ResourceId, type ResourceInput, sameRefs } from "./resource.js";
import { ResourcePool } from "./resource-pool.js";
import type { TypeSnapshot } from "./type-snapshot.js";
import { TypeStore, type TypeVersion } from "./type-store.js";

export interface CacheChange {
  readonly upsert?: readonly ResourceInput[];
  readonly remove?: readonly ResourceId[];
}

/** Names whose content changed, by type URL. An empty set: only the pinned version of the type changed. */
export type ChangedNames = ReadonlyMap<string, ReadonlySet<string>>;

export type CacheEvent =
  | { readonly type: "changed"; readonly audience: string; readonly names: ChangedNames }
  | { readonly type: "cleared"; readonly audience: string };

const EMPTY = new TypeStore(new ResourcePool());

/** A reference to what the same audience does not hold. */
export interface DanglingRef {
  readonly from: ResourceId;
  readonly to: ResourceId;
}

export class ResourceCache {
  /** Makes the frames of everything in this cache. Internal to the engine. */
  readonly frames = new FrameFactory();
  readonly #audiences = new Map<string, Map<string, TypeStore>>();
  readonly #pool = new ResourcePool();
  /** Streams by audience. */
  readonly #attached = new Map<string, number>();
  readonly #pinned = new Set<string>();
  readonly #listeners = new Set<(event: CacheEvent) => void>();

  /**
   * Adds, changes and removes resources of any types in one step. Of two upserts of one name the later wins; removing
   * what is absent is harmless. A type that was pinned by `replace` goes back to content versions. A message is encoded at
   * most once: now if the audience has clients, else when the first one asks.
   * @throws TypeError for an empty type URL, an empty name, the name `*`, or a resource both upserted and removed, and
   *   whatever encoding a message throws; nothing is applied then.
   */
  apply(audience: string, change: CacheChange): void {
    const upserts = (change.upsert ?? []).map((input) => this.#encodeIfWanted(audience, checked(input)));
    const removals = (change.remove ?? []).map(checked);
    const upserted = new Set(upserts.map(keyOf));
    const both = removals.find((id) => upserted.has(keyOf(id)));
    if (both) throw new TypeError(`${both.typeUrl} ${both.name} is both upserted and removed`);

    const changed = new ChangeSet();
    for (const resource of upserts) {
      const store = this.#store(audience, resource.typeUrl);
      store.pin(undefined);
      if (!(resource instanceof Resource)) {
        store.defer(resource);
        changed.add(resource);
        continue;
      }
      const held = store.get(resource.name);
      if (held?.version === resource.version) {
        // Equal bytes keep the held object, and with it the frames that were made of it.
        if (!sameRefs(held, resource)) store.put(resource);
        continue;
      }
      store.put(resource);
      changed.add(resource);
    }
    for (const id of removals) {
      const store = this.#audiences.get(audience)?.get(id.typeUrl);
      if (!store) continue;
      store.pin(undefined);
      if (store.remove(id.name)) changed.add(id);
    }
    this.#publish(audience, changed);
  }

  /**
   * Makes `resources` the whole content of one type; what they lack is removed. `typeVersion` is sent literally as
   * `version_info` (state of the world) and `system_version_info` (delta); a new one is sent on state-of-the-world streams
   * even when the content is the same. Without it versions are content hashes.
   * @throws TypeError as `apply`, and for a resource of another type.
   */
  replace(
    audience: string,
    typeUrl: string,
    resources: readonly (ResourceContent & { readonly typeUrl?: string })[],
    options: { readonly typeVersion?: string } = {},
  ): void {
    const next = new Map<string, Resource>();
    for (const input of resources) {
      if (input.typeUrl !== undefined && input.typeUrl !== typeUrl)
        throw new TypeError(`${input.typeUrl} among ${typeUrl}`);
      next.set(input.name, new Resource(checked({ ...input, typeUrl }), options.typeVersion));
    }
    const store = this.#store(audience, typeUrl);
    const changed = new ChangeSet();
    if (store.pinned !== options.typeVersion) changed.type(typeUrl);
    store.pin(options.typeVersion);
    for (const name of store.names()) if (!next.has(name) && store.remove(name)) changed.add({ typeUrl, name });
    for (const resource of next.values()) {
      const held = store.get(resource.name);
      const same = held?.stamp === resource.stamp;
      if (same && sameRefs(held, resource)) continue;
      store.put(resource);
      if (!same) changed.add(resource);
    }
    this.#publish(audience, changed);
  }

  /** Forgets an audience silently: nothing is pushed, no stream is closed. Content that comes back is compared with what clients hold. */
  clear(audience: string): void {
    const types = this.#audiences.get(audience);
    if (!types) return;
    for (const store of types.values()) store.dispose();
    this.#audiences.delete(audience);
    this.#tell({ type: "cleared", audience });
  }

  /** Keeps an audience whether it has clients or not; see `collectIdleAudiencesAfterMs` of the server. */
  pin(audience: string): void {
    this.#pinned.add(audience);
  }

  unpin(audience: string): void {
    this.#pinned.delete(audience);
  }

  /** Clears the audience if it has no clients and nobody pinned it. Returns whether it did. */
  collect(audience: string): boolean {
    if (this.#attached.has(audience) || this.#pinned.has(audience) || !this.#audiences.has(audience)) return false;
    this.clear(audience);
    return true;
  }

  /** A client of the audience has come. Internal to the engine. */
  attach(audience: string): void {
    this.#attached.set(audience, (this.#attached.get(audience) ?? 0) + 1);
  }

  /** One has gone; true: it was the last. Internal to the engine. */
  detach(audience: string): boolean {
    const left = (this.#attached.get(audience) ?? 0) - 1;
    if (left > 0) this.#attached.set(audience, left);
    else this.#attached.delete(audience);
    return left <= 0;
  }

  /**
   * References of the audience's resources to what it does not hold: a cluster without its endpoints, a listener without
   * its routes, a route to no cluster. Clients wait for such resources, or answer 503 for them.
   */
  danglingRefs(audience: string): readonly DanglingRef[] {
    const dangling: DanglingRef[] = [];
    for (const store of this.#audiences.get(audience)?.values() ?? []) {
      for (const { typeUrl, name, refs } of store.snapshot().resources) {
        for (const to of refs) {
          if (!this.get(audience, to.typeUrl, to.name)) dangling.push({ from: { typeUrl, name }, to });
        }
      }
    }
    return dangling;
  }

  /** Number of distinct resources held, over all audiences; those that were never encoded are not counted. */
  get size(): number {
    return this.#pool.size;
  }

  /** Audiences with content. */
  audiences(): IterableIterator<string> {
    return this.#audiences.keys();
  }

  get(audience: string, typeUrl: string, name: string): Resource | undefined {
    return this.#audiences.get(audience)?.get(typeUrl)?.get(name);
  }

  /** Names of all resources of a type. */
  names(audience: string, typeUrl: string): Iterable<string> {
    return (this.#audiences.get(audience)?.get(typeUrl) ?? EMPTY).names();
  }

  /** The whole content of a type, in order of name. */
  snapshot(audience: string, typeUrl: string): TypeSnapshot {
    return (this.#audiences.get(audience)?.get(typeUrl) ?? EMPTY).snapshot();
  }

  /** What the content of a type is called on the wire. */
  typeVersion(audience: string, typeUrl: string): TypeVersion {
    return this.#audiences.get(audience)?.get(typeUrl) ?? EMPTY;
  }

  /** Hears of every change, after it is applied. Returns the unsubscriber. */
  watch(listener: (event: CacheEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #store(audience: string, typeUrl: string): TypeStore {
    let types = this.#audiences.get(audience);
    if (!types) this.#audiences.set(audience, (types = new Map()));
    let store = types.get(typeUrl);
    if (!store) types.set(typeUrl, (store = new TypeStore(this.#pool)));
    return store;
  }

  /** Encoding waits only where nobody waits for it, and nobody has seen what it would be compared with. */
  #encodeIfWanted(audience: string, input: ResourceInput): Resource | ResourceInput {
    const seen = this.#audiences.get(audience)?.get(input.typeUrl)?.wasRead(input.name) ?? false;
    const wanted = seen || input.bytes !== undefined || this.#attached.has(audience);
    return wanted ? new Resource(input) : input;
  }

  #publish(audience: string, changed: ChangeSet): void {
    if (changed.names.size > 0) this.#tell({ type: "changed", audience, names: changed.names });
  }

  #tell(event: CacheEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

class ChangeSet {
  readonly names = new Map<string, Set<string>>();

  type(typeUrl: string): Set<string> {
    let names = this.names.get(typeUrl);
    if (!names) this.names.set(typeUrl, (names = new Set()));
    return names;
  }

  add(id: ResourceId): void {
    this.type(id.typeUrl).add(id.name);
  }
}

const keyOf = ({ typeUrl, name }: ResourceId): string => `${typeUrl} ${name}`;

function checked<T extends ResourceId>(id: T): T {
  if (id.typeUrl === "") throw new TypeError("a resource needs a type URL");
  if (id.name === "" || id.name === "*") throw new TypeError(`"${id.name}" is no name for a ${id.typeUrl}`);
  return id;
}
