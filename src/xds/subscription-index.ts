// Who wants what: finds the streams that a change must wake, without asking the others. Invariant: holds nothing for a
// stream that is gone, nor for a name nobody wants.
import type { Interest } from "./channel.js";
import { type Glob, globOf, membersOf } from "./glob.js";
import type { ChangedNames } from "./resource-cache.js";
import type { SharedNames } from "./shared-names.js";
import { SharedWatchers } from "./shared-watchers.js";

export interface Watcher {
  touch(typeUrl: string, names: ReadonlySet<string>): void;
  /** The audience was cleared. */
  forget(): void;
}

interface TypeWatchers<W> {
  readonly all: Set<W>;
  readonly byName: Map<string, Set<W>>;
  /** The collections among the names. */
  readonly globs: Map<string, Glob>;
  readonly shared: SharedWatchers<W>;
}

/** What is done with a watcher that a change concerns. */
export type Visit<W> = (watcher: W, typeUrl: string, names: ReadonlySet<string>) => void;

const touch: Visit<Watcher> = (watcher, typeUrl, names) => watcher.touch(typeUrl, names);

export class SubscriptionIndex<W extends Watcher = Watcher> {
  readonly #audiences = new Map<string, Map<string, TypeWatchers<W>>>();

  /** Number of (audience, type) pairs that somebody watches; 0 when all streams are gone. */
  get size(): number {
    let size = 0;
    for (const types of this.#audiences.values()) size += types.size;
    return size;
  }

  /** The port through which one stream says what it wants. */
  interestOf(audience: string, watcher: W): Interest {
    return new WatcherInterest(this, audience, watcher);
  }

  watch(audience: string, watcher: W, typeUrl: string, name: string): void {
    watchIn(this.#type(audience, typeUrl), watcher, name);
  }

  /** As `watch` for each name. */
  watchEach(audience: string, watcher: W, typeUrl: string, names: Iterable<string>): void {
    const type = this.#type(audience, typeUrl);
    for (const name of names) watchIn(type, watcher, name);
    this.#collect(audience, typeUrl, type);
  }

  unwatch(audience: string, watcher: W, typeUrl: string, name: string): void {
    const type = this.#audiences.get(audience)?.get(typeUrl);
    const watchers = type?.byName.get(name);
    if (!type || !watchers?.delete(watcher) || watchers.size > 0) return;
    type.byName.delete(name);
    type.globs.delete(name);
    this.#collect(audience, typeUrl, type);
  }

  watchAll(audience: string, watcher: W, typeUrl: string): void {
    this.#type(audience, typeUrl).all.add(watcher);
  }

  unwatchAll(audience: string, watcher: W, typeUrl: string): void {
    const type = this.#audiences.get(audience)?.get(typeUrl);
    if (type?.all.delete(watcher)) this.#collect(audience, typeUrl, type);
  }

  /** As `watch` for each name of a list, none of which is a collection. */
  watchShared(audience: string, watcher: W, typeUrl: string, list: SharedNames): void {
    this.#type(audience, typeUrl).shared.add(list, watcher);
  }

  unwatchShared(audience: string, watcher: W, typeUrl: string, list: SharedNames): void {
    const type = this.#audiences.get(audience)?.get(typeUrl);
    if (!type) return;
    type.shared.delete(list, watcher);
    this.#collect(audience, typeUrl, type);
  }

  /** A watcher of several changed names is visited once for each. */
  changed(audience: string, changes: ChangedNames, visit: Visit<W> = touch): void {
    const types = this.#audiences.get(audience);
    if (!types) return;
    for (const [typeUrl, names] of changes) {
      const type = types.get(typeUrl);
      if (!type) continue;
      for (const watcher of type.all) visit(watcher, typeUrl, names);
      if (type.byName.size > 0) {
        for (const name of names) {
          const watchers = type.byName.get(name);
          if (watchers) visitEach(watchers, visit, typeUrl, new Set([name]));
        }
      }
      if (type.shared.size > 0) {
        for (const name of names) {
          const only = new Set([name]);
          for (const watchers of type.shared.of(name)) visitEach(watchers, visit, typeUrl, only);
        }
      }
      for (const glob of type.globs.values()) {
        const members = new Set(membersOf(glob, names));
        if (members.size === 0) continue;
        for (const watcher of type.byName.get(glob.name) ?? []) visit(watcher, typeUrl, members);
      }
    }
  }

  cleared(audience: string): void {
    for (const { all, byName, shared } of this.#audiences.get(audience)?.values() ?? []) {
      for (const watcher of all) watcher.forget();
      for (const watchers of byName.values()) for (const watcher of watchers) watcher.forget();
      for (const watchers of shared.all()) for (const watcher of watchers) watcher.forget();
    }
  }

  #type(audience: string, typeUrl: string): TypeWatchers<W> {
    let types = this.#audiences.get(audience);
    if (!types) {
      types = new Map();
      this.#audiences.set(audience, types);
    }
    let type = types.get(typeUrl);
    if (!type) {
      type = { all: new Set(), byName: new Map(), globs: new Map(), shared: new SharedWatchers() };
      types.set(typeUrl, type);
    }
    return type;
  }

  #collect(audience: string, typeUrl: string, type: TypeWatchers<W>): void {
    if (type.all.size > 0 || type.byName.size > 0 || type.shared.size > 0) return;
    const types = this.#audiences.get(audience);
    types?.delete(typeUrl);
    if (types?.size === 0) this.#audiences.delete(audience);
  }
}

function visitEach<W>(watchers: ReadonlySet<W>, visit: Visit<W>, typeUrl: string, names: ReadonlySet<string>): void {
  for (const watcher of watchers) visit(watcher, typeUrl, names);
}

function watchIn<W>({ byName, globs }: TypeWatchers<W>, watcher: W, name: string): void {
  const watchers = byName.get(name);
  if (watchers) {
    watchers.add(watcher);
    return;
  }
  byName.set(name, new Set([watcher]));
  const glob = globOf(name);
  if (glob) globs.set(name, glob);
}

/** One small object per stream, not a closure per verb: there are thousands of streams. */
class WatcherInterest<W extends Watcher> implements Interest {
  readonly #index: SubscriptionIndex<W>;
  readonly #audience: string;
  readonly #watcher: W;

  constructor(index: SubscriptionIndex<W>, audience: string, watcher: W) {
    this.#index = index;
    this.#audience = audience;
    this.#watcher = watcher;
  }

  watch(typeUrl: string, name: string): void {
    this.#index.watch(this.#audience, this.#watcher, typeUrl, name);
  }

  watchEach(typeUrl: string, names: Iterable<string>): void {
    this.#index.watchEach(this.#audience, this.#watcher, typeUrl, names);
  }

  unwatch(typeUrl: string, name: string): void {
    this.#index.unwatch(this.#audience, this.#watcher, typeUrl, name);
  }

  watchShared(typeUrl: string, list: SharedNames): void {
    this.#index.watchShared(this.#audience, this.#watcher, typeUrl, list);
  }

  unwatchShared(typeUrl: string, list: SharedNames): void {
    this.#index.unwatchShared(this.#audience, this.#watcher, typeUrl, list);
  }

  watchAll(typeUrl: string): void {
    this.#index.watchAll(this.#audience, this.#watcher, typeUrl);
  }

  unwatchAll(typeUrl: string): void {
    this.#index.unwatchAll(this.#audience, this.#watcher, typeUrl);
  }
}
