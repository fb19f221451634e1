// Which names of one type one stream wants. Owns the wildcard rules of the protocol, which differ by variant and by type:
// state of the world lists all names each time, delta says what is added and what goes.
import { type Glob, globOf, globsOf } from "./glob.js";
import { SharedNames } from "./shared-names.js";
import type { TypeRule } from "./type-rules.js";

const WILDCARD = "*";
const NO_GLOBS: readonly Glob[] = [];
const NO_NAMES: readonly string[] = [];

/** Read side, for whoever sends. */
export interface Subscription {
  /** Everything of the type. */
  readonly all: boolean;
  /** Names asked for one by one, also while `all` holds; those of collections among them. */
  readonly names: ReadonlySet<string>;
  readonly globs: readonly Glob[];
  /** `names`, if it is a list of plain names that others ask for too. */
  readonly shared: SharedNames | undefined;
  covers(name: string): boolean;
}

export interface SotwChange {
  readonly added: readonly string[];
  /** Names taken off the list; a wildcard may cover them still. */
  readonly removed: readonly string[];
  /** Whether `all` was switched. */
  readonly all: "on" | "off" | "same";
  /** What was wanted so far. */
  readonly before: Pick<Subscription, "names" | "shared">;
}

export class SotwSubscription implements Subscription {
  readonly #rule: TypeRule;
  #names: ReadonlySet<string> = new Set();
  #globs: readonly Glob[] = [];
  #shared: SharedNames | undefined;
  #all = false;
  /** Once a request named anything, an empty list is no wildcard any more but the end of all subscriptions. */
  #named = false;

  constructor(rule: TypeRule) {
    this.#rule = rule;
  }

  get all(): boolean {
    return this.#all;
  }

  get names(): ReadonlySet<string> {
    return this.#names;
  }

  get globs(): readonly Glob[] {
    return this.#globs;
  }

  get shared(): SharedNames | undefined {
    return this.#shared;
  }

  covers(name: string): boolean {
    return this.#all || this.#names.has(name) || this.#globs.some((glob) => glob.matches(name));
  }

  /** Takes the complete list of a request; `first` on this stream for this type. */
  update(list: readonly string[] | SharedNames, first: boolean): SotwChange {
    if (list instanceof SharedNames) {
      return this.#plain(list) ? this.#take(list) : this.update(list.list, first);
    }
    const names = new Set(list);
    const legacy = this.#rule.wildcard === "legacy" && names.size === 0 && (first || (this.#all && !this.#named));
    if (names.size > 0) this.#named = true;
    const all = legacy || (this.#rule.wildcard !== "never" && names.delete(WILDCARD));
    return this.#turnTo(names, all);
  }

  #plain({ names, globs }: SharedNames): boolean {
    return names.size > 0 && globs.length === 0 && (this.#rule.wildcard === "never" || !names.has(WILDCARD));
  }

  #take(shared: SharedNames): SotwChange {
    this.#named = true;
    return this.#turnTo(shared.names, false, shared);
  }

  #turnTo(names: ReadonlySet<string>, all: boolean, shared?: SharedNames): SotwChange {
    const before = { names: this.#names, shared: this.#shared, all: this.#all };
    this.#names = names;
    this.#globs = shared?.globs ?? globsOf(names);
    this.#shared = shared;
    this.#all = all;
    return {
      added:
        before.names.size === 0 ? (shared?.list ?? [...names]) : [...names].filter((name) => !before.names.has(name)),
      removed: before.names.size === 0 ? NO_NAMES : [...before.names].filter((name) => !names.has(name)),
      all: all === before.all ? "same" : all ? "on" : "off",
      before,
    };
  }
}

export interface DeltaChange {
  /** Names asked for, also those that were subscribed already: asking again means "send again". */
  readonly asked: readonly string[];
  /** Unsubscribed and no longer covered. */
  readonly dropped: readonly string[];
  /** Unsubscribed but still covered by the wildcard: the client must be told what becomes of them. */
  readonly revealed: readonly string[];
  /** `asked`: the wildcard was asked for, be it new or again. */
  readonly all: "asked" | "off" | "same";
}

export class DeltaSubscription implements Subscription {
  readonly #rule: TypeRule;
  readonly #names = new Set<string>();
  readonly #globs = new Map<string, Glob>();
  #all = false;

  constructor(rule: TypeRule) {
    this.#rule = rule;
  }

  get all(): boolean {
    return this.#all;
  }

  get names(): ReadonlySet<string> {
    return this.#names;
  }

  get globs(): readonly Glob[] {
    return this.#globs.size === 0 ? NO_GLOBS : [...this.#globs.values()];
  }

  get shared(): undefined {
    return undefined;
  }

  covers(name: string): boolean {
    return this.#all || this.#names.has(name) || this.globs.some((glob) => glob.matches(name));
  }

  /** Counts names as subscribed that the client did not spell out (`initial_resource_versions`). */
  adopt(name: string): void {
    this.#names.add(name);
    const glob = globOf(name);
    if (glob) this.#globs.set(name, glob);
  }

  update(subscribe: readonly string[], unsubscribe: readonly string[], first: boolean): DeltaChange {
    const wildcard = this.#rule.wildcard;
    let all: DeltaChange["all"] = "same";
    const asked = new Set(subscribe);
    if ((wildcard !== "never" && asked.delete(WILDCARD)) || (wildcard === "legacy" && first && asked.size === 0)) {
      all = "asked";
      this.#all = true;
    }
    for (const name of asked) this.adopt(name);

    const gone = new Set(unsubscribe);
    if (wildcard !== "never" && gone.delete(WILDCARD) && this.#all) {
      all = "off";
      this.#all = false;
    }
    const dropped: string[] = [];
    const revealed: string[] = [];
    for (const name of gone) {
      if (!this.#names.delete(name)) continue; // never subscribed: nothing to answer
      this.#globs.delete(name);
      asked.delete(name);
      (this.#all ? revealed : dropped).push(name);
    }
    return { asked: [...asked], dropped, revealed, all };
  }
}
