// An immutable set of resources of one type, in order of name: what one state-of-the-world response holds.
import { SetHash } from "./content-hash.js";
import type { Resource } from "./resource.js";

const byName = (a: Resource, b: Resource): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

export class TypeSnapshot {
  readonly resources: readonly Resource[];
  /** Hash of names and contents. */
  readonly content: string;
  readonly versionInfo: string;
  /** Equal stamps need no new response. */
  readonly stamp: string;
  readonly #byName: ReadonlyMap<string, Resource>;
  #compared: { readonly previous: TypeSnapshot | undefined; readonly changed: readonly Resource[] } | undefined;

  constructor(resources: Iterable<Resource>, typeVersion?: string) {
    this.resources = [...resources].sort(byName);
    this.#byName = new Map(this.resources.map((resource) => [resource.name, resource]));
    const hash = new SetHash();
    for (const resource of this.resources) hash.add(resource.fingerprint);
    this.content = hash.version;
    this.versionInfo = typeVersion ?? this.content;
    this.stamp = `${this.content}@${this.versionInfo}`;
  }

  get(name: string): Resource | undefined {
    return this.#byName.get(name);
  }

  /** Resources which `previous` lacks or holds with other content. Remembered for the next stream at the same point. */
  changedSince(previous: TypeSnapshot | undefined): readonly Resource[] {
    if (this.#compared && this.#compared.previous === previous) return this.#compared.changed;
    const changed = previous
      ? this.resources.filter(({ name, version }) => previous.get(name)?.version !== version)
      : this.resources;
    this.#compared = { previous, changed };
    return changed;
  }
}
