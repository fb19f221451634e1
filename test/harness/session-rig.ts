// Sessions on a cache without transport: what a stream would write can be pulled by hand, as slowly as a test likes.
import type { Draft } from "../../src/xds/draft.js";
import { DEFAULT_LIMITS, type XdsLimits } from "../../src/xds/limits.js";
import type { DeltaRequest, DiscoveryRequest, SotwRequest } from "../../src/xds/request.js";
import { ResourceCache } from "../../src/xds/resource-cache.js";
import { deltaSession, type Session, type SessionPorts, sotwSession } from "../../src/xds/session.js";
import { SubscriptionIndex } from "../../src/xds/subscription-index.js";
import { decodeResponse, type XdsResponse, type XdsVariant } from "./xds-messages.js";

export const AUDIENCE = "everyone";

export interface RiggedSession<R extends DiscoveryRequest> {
  readonly session: Session<R>;
  /** The next response, decoded. */
  readonly pull: () => XdsResponse | undefined;
  /** All that may go now. */
  readonly pullAll: () => readonly XdsResponse[];
  readonly close: () => void;
}

export class SessionRig {
  readonly cache = new ResourceCache();
  readonly index = new SubscriptionIndex();
  nowMs = 0;
  readonly #limits: XdsLimits;
  readonly #clientFeatures: readonly string[];

  constructor(limits: Partial<XdsLimits> = {}, clientFeatures: readonly string[] = []) {
    this.#clientFeatures = clientFeatures;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.cache.watch((event) => {
      if (event.type === "changed") this.index.changed(event.audience, event.names);
      else this.index.cleared(event.audience);
    });
  }

  sotw(): RiggedSession<SotwRequest> {
    return this.#rig("sotw", sotwSession);
  }

  delta(): RiggedSession<DeltaRequest> {
    return this.#rig("delta", deltaSession);
  }

  #rig<R extends DiscoveryRequest>(variant: XdsVariant, make: (ports: SessionPorts) => Session<R>): RiggedSession<R> {
    const { cache, index } = this;
    const watcher = {
      touch: (typeUrl: string, names: ReadonlySet<string>): void => session.touch(typeUrl, names),
      forget: (): void => session.forget(),
    };
    const session = make({
      view: {
        get: (typeUrl, name) => cache.get(AUDIENCE, typeUrl, name),
        names: (typeUrl) => cache.names(AUDIENCE, typeUrl),
        snapshot: (typeUrl) => cache.snapshot(AUDIENCE, typeUrl),
        typeVersion: (typeUrl) => cache.typeVersion(AUDIENCE, typeUrl),
      },
      interest: index.interestOf(AUDIENCE, watcher),
      frames: cache.frames,
      limits: this.#limits,
      clientFeatures: this.#clientFeatures,
      onMissing: undefined,
    });
    const pull = (): XdsResponse | undefined => {
      const draft: Draft | undefined = session.next(this.nowMs);
      return draft && decodeResponse(variant, draft.message);
    };
    const pullAll = (): readonly XdsResponse[] => {
      const pulled: XdsResponse[] = [];
      for (let response = pull(); response; response = pull()) pulled.push(response);
      return pulled;
    };
    return { session, pull, pullAll, close: () => session.close() };
  }
}

export const sotwRequest = (request: Partial<SotwRequest> & { readonly typeUrl: string }): SotwRequest => ({
  nonce: "",
  error: undefined,
  names: undefined,
  ...request,
});

export const deltaRequest = (request: Partial<DeltaRequest> & { readonly typeUrl: string }): DeltaRequest => ({
  nonce: "",
  error: undefined,
  subscribe: [],
  unsubscribe: [],
  initialVersions: new Map(),
  ...request,
});
