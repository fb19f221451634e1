// When the resources with a TTL that one client holds of one type must be confirmed, lest the client drops them. Due after
// a third of the TTL, so that two confirmations may get lost or late.
import type { Draft } from "./draft.js";
import type { Variant } from "./frame.js";
import type { Ledger } from "./ledger.js";
import type { Resource } from "./resource.js";
import type { TtlFrames } from "./ttl-frames.js";
import type { TypeRule } from "./type-rules.js";

/** Client features by which a client says that it understands TTLs, and in state of the world too. */
const TTL_FEATURE = "xds.config.supports-resource-ttl";
const TTL_IN_SOTW_FEATURE = "xds.config.supports-resource-in-sotw";

export function supportsTtl(clientFeatures: readonly string[], variant: Variant): boolean {
  return clientFeatures.includes(TTL_FEATURE) && (variant === "delta" || clientFeatures.includes(TTL_IN_SOTW_FEATURE));
}

const BEATS_PER_TTL = 3;

interface Beat {
  readonly variant: Variant;
  readonly rule: TypeRule;
  readonly versionInfo: string;
  readonly nowMs: number;
  readonly ledger: Ledger;
  readonly frames: TtlFrames;
  readonly find: (name: string) => Resource | undefined;
}

export class Heartbeats {
  /** Absent until something has a TTL, which is hardly ever. */
  #dueMs: Map<string, number> | undefined;

  /** These were sent or confirmed. */
  sent(resources: readonly Resource[], nowMs: number): void {
    for (const { name, ttlMs } of resources) {
      if (ttlMs !== undefined) this.#set(name, nowMs + ttlMs / BEATS_PER_TTL);
      else this.#dueMs?.delete(name);
    }
  }

  /** Nothing that the client holds has a TTL. */
  get none(): boolean {
    return this.#dueMs === undefined || this.#dueMs.size === 0;
  }

  clear(): void {
    this.#dueMs = undefined;
  }

  /** The client says that it holds `name`, nobody knows since when. */
  holds(name: string, nowMs: number): void {
    this.#set(name, nowMs);
  }

  /** What the client holds under `name` exists again: due at once, if its confirmations were given up meanwhile. */
  returned(name: string): void {
    if (!this.#dueMs?.has(name)) this.#set(name, 0);
  }

  /** On the monotonic clock; `undefined` when nothing has a TTL. */
  nextMs(): number | undefined {
    if (!this.#dueMs) return undefined;
    let next: number | undefined;
    for (const dueMs of this.#dueMs.values()) if (next === undefined || dueMs < next) next = dueMs;
    return next;
  }

  anyDue(nowMs: number): boolean {
    const next = this.nextMs();
    return next !== undefined && next <= nowMs;
  }

  /** A response that confirms what is due, to be written by the caller; `undefined` when nothing can be confirmed. */
  beat(beat: Beat): Draft | undefined {
    const { variant, rule, versionInfo, nowMs, ledger, frames } = beat;
    const resources = this.#confirmable(beat);
    if (resources.length === 0) return undefined;
    const { typeUrl, label } = rule;
    const {
      nonce: number,
      framed,
      message,
    } = frames.heartbeat({ variant, typeUrl, versionInfo, resources, removed: [] });
    const nonce = ledger.beat({ nonce: number, versionInfo, nowMs });
    this.sent(resources, nowMs);
    const counts = { resources: resources.length, removed: 0 };
    return { typeUrl, label, nonce, versionInfo, ...counts, framed, message, dependents: [] };
  }

  /** What is due and is exactly what the client holds; what it does not hold is struck off. */
  #confirmable({ nowMs, ledger, find }: Beat): readonly Resource[] {
    const found: Resource[] = [];
    for (const [name, dueMs] of this.#dueMs ?? []) {
      if (dueMs > nowMs || ledger.flies(name)) continue;
      const resource = find(name);
      if (resource?.ttlMs !== undefined && ledger.holdsSame(resource)) found.push(resource);
      else this.#dueMs?.delete(name);
    }
    return found;
  }

  #set(name: string, dueMs: number): void {
    this.#dueMs ??= new Map();
    this.#dueMs.set(name, dueMs);
  }
}
