// The cache as one stream sees it: the content of its audience.
import type { AudienceView } from "./channel.js";
import type { Resource } from "./resource.js";
import type { ResourceCache } from "./resource-cache.js";
import type { TypeSnapshot } from "./type-snapshot.js";

export class CacheView implements AudienceView {
  readonly #cache: ResourceCache;
  readonly #audience: string;

  constructor(cache: ResourceCache, audience: string) {
    this.#cache = cache;
    this.#audience = audience;
  }

  get(typeUrl: string, name: string): Resource | undefined {
    return this.#cache.get(this.#audience, typeUrl, name);
  }

  names(typeUrl: string): Iterable<string> {
    return this.#cache.names(this.#audience, typeUrl);
  }

  snapshot(typeUrl: string): TypeSnapshot {
    return this.#cache.snapshot(this.#audience, typeUrl);
  }

  typeVersion(typeUrl: string): ReturnType<AudienceView["typeVersion"]> {
    return this.#cache.typeVersion(this.#audience, typeUrl);
  }
}
