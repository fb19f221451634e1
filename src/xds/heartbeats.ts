// When the resources with a TTL that one client holds of one type must be confirmed, lest the client drops them. Due after
// a third of the TTL, so that two confirmations may get lost or late.
import type { Ledger } from "./ledger.js";
import type { Resource } from "./resource.js";

/** Client features by which a client says that it understands TTLs, and in state of the world too. */
const TTL_FEATURE = "xds.config.supports-resource-ttl";
const TTL_IN_SOTW_FEATURE = "xds.config.supports-resource-in-sotw";

export function supportsTtl(clientFeatures: readonly string[], variant: "sotw" | "delta"): boolean {
  return clientFeatures.includes(TTL_FEATURE) && (variant === "delta" || clientFeatures.includes(TTL_IN_SOTW_FEATURE));
}

const BEATS_PER_TTL = 3;

export class Heartbeats {
  readonly #dueMs = new Map<string, number>();

  /** These were sent or confirmed. */
  sent(resources: readonly Resource[], nowMs: number): void {
    for (const { name, ttlMs } of resources) {
      if (ttlMs !== undefined) this.#dueMs.set(name, nowMs + ttlMs / BEATS_PER_TTL);
      else if (this.#dueMs.size > 0) this.#dueMs.delete(name);
    }
  }

  /** Nothing that the client holds has a TTL. */
  get none(): boolean {
    return this.#dueMs.size === 0;
  }

  clear(): void {
    this.#dueMs.clear();
  }

  /** The client says that it holds `name`, nobody knows since when. */
  holds(name: string, nowMs: number): void {
    this.#dueMs.set(name, nowMs);
  }

  /** On the monotonic clock; `undefined` when nothing has a TTL. */
  nextMs(): number | undefined {
    let next: number | undefined;
    for (const dueMs of this.#dueMs.values()) if (next === undefined || dueMs < next) next = dueMs;
    return next;
  }

  anyDue(nowMs: number): boolean {
    const next = this.nextMs();
    return next !== undefined && next <= nowMs;
  }

  /** What is due and can be confirmed, because the client holds exactly that; what it does not hold is struck off. */
  confirmable(nowMs: number, ledger: Ledger, find: (name: string) => Resource | undefined): readonly Resource[] {
    const found: Resource[] = [];
    for (const [name, dueMs] of this.#dueMs) {
      if (dueMs > nowMs || ledger.flies(name)) continue;
      const resource = find(name);
      if (resource?.ttlMs !== undefined && ledger.holdsSame(resource)) found.push(resource);
      else this.#dueMs.delete(name);
    }
    return found;
  }
}
