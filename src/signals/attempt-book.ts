// Sampled attempts of all endpoints of one service. Memory is bounded by the budget that all services share: an endpoint
// takes 2 KB, and gives them back when nothing was heard of it for a minute.
import type { InstanceId } from "../model/ids.js";
import type { SampledAttempts } from "../model/load.js";
import type { Attempt } from "./attempt.js";
import { AttemptWindow, type RoundLatency } from "./attempt-window.js";
import type { SampleBudget } from "./sample-budget.js";

const SILENT_MS = 60_000;

/** What a round takes from the sample about one endpoint. */
export interface RoundSample {
  readonly summary: SampledAttempts | undefined;
  readonly latency: RoundLatency;
}

export class AttemptBook {
  readonly #budget: SampleBudget;
  readonly #windows = new Map<InstanceId, AttemptWindow>();

  constructor(budget: SampleBudget) {
    this.#budget = budget;
  }

  /** Whether there was room. */
  record(id: InstanceId, attempt: Attempt, nowMs: number): boolean {
    let window = this.#windows.get(id);
    if (window === undefined) {
      if (!this.#budget.exchange(0, 1)) return false;
      window = new AttemptWindow(nowMs);
      this.#windows.set(id, window);
    }
    window.record(attempt, nowMs);
    return true;
  }

  /** undefined when nothing was sampled lately. */
  takeRound(id: InstanceId, nowMs: number): RoundSample | undefined {
    const window = this.#windows.get(id);
    return window && { summary: window.summary(nowMs), latency: window.takeRound() };
  }

  prune(nowMs: number): void {
    for (const [id, window] of this.#windows) if (nowMs - window.lastAtMs > SILENT_MS) this.#drop(id);
  }

  clear(): void {
    for (const id of this.#windows.keys()) this.#drop(id);
  }

  #drop(id: InstanceId): void {
    if (this.#windows.delete(id)) this.#budget.exchange(1, 0);
  }
}
