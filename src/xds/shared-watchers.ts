// Who watches a list of names that others watch too: a stream is entered once, under the list, and the list under its
// names. Invariant: holds nothing for a stream that is gone, nor for a list nobody watches.
import type { SharedNames } from "./shared-names.js";

export class SharedWatchers<W> {
  readonly #watchers = new Map<SharedNames, Set<W>>();
  readonly #byName = new Map<string, Set<SharedNames>>();

  /** Lists that somebody watches. */
  get size(): number {
    return this.#watchers.size;
  }

  add(list: SharedNames, watcher: W): void {
    const watchers = this.#watchers.get(list);
    if (watchers) {
      watchers.add(watcher);
      return;
    }
    this.#watchers.set(list, new Set([watcher]));
    for (const name of list.list) {
      const lists = this.#byName.get(name);
      if (lists) lists.add(list);
      else this.#byName.set(name, new Set([list]));
    }
  }

  delete(list: SharedNames, watcher: W): void {
    const watchers = this.#watchers.get(list);
    if (!watchers?.delete(watcher) || watchers.size > 0) return;
    this.#watchers.delete(list);
    for (const name of list.list) {
      const lists = this.#byName.get(name);
      if (lists?.delete(list) && lists.size === 0) this.#byName.delete(name);
    }
  }

  /** Watchers of each list with `name` in it. */
  *of(name: string): Generator<ReadonlySet<W>> {
    for (const list of this.#byName.get(name) ?? []) yield this.#watchers.get(list) ?? new Set();
  }

  all(): Iterable<ReadonlySet<W>> {
    return this.#watchers.values();
  }
}
