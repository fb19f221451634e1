// From changes of the cache to writes on streams. All changes of one turn go out together, in one synchronous pass: cutting
// it in pieces lets acknowledgements in between and makes the last client wait twice as long. What a stream holds is cold
// memory when its turn comes. So the usual change, of one resource, marks and writes a few dozen streams at a time: marking
// is a short loop, in which the processor fetches for several streams at once, and writing then finds all at hand.
import type { Clock } from "../runtime/clock.js";
import type { MetricSink } from "../runtime/metrics.js";
import type { CacheEvent, ResourceCache } from "./resource-cache.js";
import type { SubscriptionIndex, Watcher } from "./subscription-index.js";

/** A stream, as it is woken. */
export interface Pumped extends Watcher {
  pump(): void;
}

interface FanOutOptions {
  readonly cache: ResourceCache;
  readonly index: SubscriptionIndex<Pumped>;
  readonly clock: Clock;
  readonly metrics: MetricSink;
}

/** Streams that are marked before they are written: what these hold fits into the second cache of any processor. */
const GROUP = 64;

export class FanOut {
  readonly #options: FanOutOptions;
  readonly #index: SubscriptionIndex<Pumped>;
  readonly #awake = new Set<Pumped>();
  #pending = new Map<string, Map<string, Set<string>>>();
  #scheduled = false;
  readonly #group: Pumped[] = [];
  readonly #unwatch: () => void;

  constructor(options: FanOutOptions) {
    const { cache, index } = options;
    this.#options = options;
    this.#index = index;
    this.#unwatch = cache.watch((event) => this.#heard(event));
  }

  /** How many streams the changes of this turn concern. */
  get awake(): number {
    const concerned = new Set<Pumped>(this.#awake);
    for (const [audience, types] of this.#pending) {
      this.#index.changed(audience, types, (stream) => concerned.add(stream));
    }
    return concerned.size;
  }

  close(): void {
    this.#unwatch();
    this.#pending.clear();
    this.#awake.clear();
  }

  #heard(event: CacheEvent): void {
    const { audience } = event;
    if (event.type === "cleared") {
      this.#pending.delete(audience);
      this.#index.cleared(audience);
      return;
    }
    let types = this.#pending.get(audience);
    if (!types) this.#pending.set(audience, (types = new Map()));
    for (const [typeUrl, names] of event.names) {
      const known = types.get(typeUrl);
      if (known) for (const name of names) known.add(name);
      else types.set(typeUrl, new Set(names));
    }
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    const { clock, metrics } = this.#options;
    const startMs = clock.nowMs();
    const pending = this.#pending;
    this.#pending = new Map();
    for (const [audience, types] of pending) {
      const [only] = types.values();
      // A stream belongs to one audience: what changed in others does not concern it.
      const single = types.size === 1 && only?.size === 1;
      this.#index.changed(audience, types, single ? this.#visit : this.#mark);
      this.#pumpGroup();
    }
    for (const stream of this.#awake) stream.pump();
    this.#awake.clear();
    metrics.observe("steelyard_xds_fan_out_seconds", (clock.nowMs() - startMs) / 1_000);
  }

  readonly #visit = (stream: Pumped, typeUrl: string, names: ReadonlySet<string>): void => {
    stream.touch(typeUrl, names);
    if (this.#group.push(stream) === GROUP) this.#pumpGroup();
  };

  #pumpGroup(): void {
    for (const stream of this.#group) stream.pump();
    this.#group.length = 0;
  }

  readonly #mark = (stream: Pumped, typeUrl: string, names: ReadonlySet<string>): void => {
    stream.touch(typeUrl, names);
    this.#awake.add(stream);
  };
}
