// Blocking queries (after Consul's): a read that names the revision it has seen is answered when there is another one, or
// after a while with what there still is. Polling then costs nothing while nothing changes, and learns of a change at once.
import { SteelyardError } from "../model/errors.js";
import type { ServiceName } from "../model/ids.js";
import type { Clock } from "../runtime/clock.js";
import type { Rng } from "../runtime/rng.js";
import type { ApiDependencies, RegistryPort } from "./ports.js";

/** Largest part of `wait` that is added to it, so that clients that started together do not return together. */
const JITTER = 1 / 16;

export interface BlockingQuery {
  /** The revision that the caller has seen; undefined = answer at once. */
  readonly index?: number | undefined;
  /** Longest time until the answer, seconds, without jitter. */
  readonly wait: number;
}

interface Waiter {
  readonly service: ServiceName | undefined;
  readonly index: number;
  readonly answer: () => void;
}

export class BlockingQueries {
  readonly #registry: RegistryPort;
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #limit: number;
  readonly #waiters = new Set<Waiter>();
  #unsubscribe: (() => void) | undefined;

  constructor({ registry, clock, rng, limits }: Pick<ApiDependencies, "registry" | "clock" | "rng" | "limits">) {
    this.#registry = registry;
    this.#clock = clock;
    this.#rng = rng;
    this.#limit = limits.blockingQueries;
  }

  /**
   * Resolves when the revision of the service (without a name: of the catalogue) is another one than `index`, also a
   * lower one after the store was lost; when the time is over; when the caller is gone; when the server stops.
   * @throws SteelyardError ERR_RATE_LIMITED when too many wait already
   */
  async changed(
    { index, wait }: BlockingQuery,
    service: ServiceName | undefined,
    callerGone: AbortSignal,
  ): Promise<void> {
    if (index === undefined || index !== this.#revisionOf(service) || callerGone.aborted) return;
    if (this.#waiters.size >= this.#limit)
      throw new SteelyardError("ERR_RATE_LIMITED", `${this.#limit} blocking queries wait already`);
    await new Promise<void>((resolve) => {
      const answer = (): void => {
        cancel();
        callerGone.removeEventListener("abort", answer);
        this.#waiters.delete(waiter);
        if (this.#waiters.size === 0) this.#stopListening();
        resolve();
      };
      const waiter: Waiter = { service, index, answer };
      const cancel = this.#clock.schedule(wait * 1_000 * (1 + JITTER * this.#rng.next()), answer);
      callerGone.addEventListener("abort", answer);
      this.#waiters.add(waiter);
      this.#unsubscribe ??= this.#registry.services.subscribe(() => this.#answerChanged());
    });
  }

  /** Answers everybody now. */
  close(): void {
    for (const waiter of this.#waiters) waiter.answer();
  }

  #answerChanged(): void {
    for (const waiter of this.#waiters) {
      if (this.#revisionOf(waiter.service) !== waiter.index) waiter.answer();
    }
  }

  #stopListening(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  #revisionOf(service: ServiceName | undefined): number | undefined {
    return service === undefined ? this.#registry.revision() : this.#registry.services.get(service)?.revision;
  }
}
