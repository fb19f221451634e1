// What the results of its requests say of one backend: a state machine with hysteresis.
//
//   healthy <-> degraded      by failure rate, with a gap between the two thresholds
//   either   -> unhealthy     by failure rate, or by failures in a row
//   unhealthy -> probation    when the ejection is over; each ejection soon after another lasts longer (as in Envoy)
//   probation -> healthy      after some successes in a row; one failure and it is unhealthy again (half-open breaker)
import type { HealthOptions } from "./health-options.js";
import { OutcomeWindow } from "./outcome-window.js";

export type ObservedHealth = "healthy" | "degraded" | "unhealthy" | "probation";

export class BackendObservation {
  readonly #options: HealthOptions;
  readonly #window: OutcomeWindow;
  #health: ObservedHealth = "healthy";
  #failuresInRow = 0;
  #successesInRow = 0;
  #ejections = 0;
  #ejectedUntilMs = 0;
  #changedMs = 0;

  constructor(options: HealthOptions) {
    this.#options = options;
    this.#window = new OutcomeWindow(options);
  }

  get health(): ObservedHealth {
    return this.#health;
  }

  get isEjected(): boolean {
    return this.#health === "unhealthy" || this.#health === "probation";
  }

  /** End of the ejection; undefined unless unhealthy. */
  get dueMs(): number | undefined {
    return this.#health === "unhealthy" ? this.#ejectedUntilMs : undefined;
  }

  /**
   * Takes one result.
   * @param mayEject whether the fleet can spare this backend; when it cannot, it is degraded instead of unhealthy
   */
  record(success: boolean, nowMs: number, mayEject: boolean): void {
    if (this.#health === "unhealthy") return; // sent before the ejection, and old news
    this.#failuresInRow = success ? 0 : this.#failuresInRow + 1;
    this.#successesInRow = success ? this.#successesInRow + 1 : 0;
    if (this.#health === "probation") {
      if (!success) this.#eject(nowMs);
      else if (this.#successesInRow >= this.#options.probationSuccesses) this.#become("healthy", nowMs);
      return;
    }
    this.#window.record(success, nowMs);
    if (this.#isFailing() && mayEject) this.#eject(nowMs);
    else this.#grade(nowMs);
  }

  /** Lets time pass: an ejection that is over becomes probation. */
  advance(nowMs: number): void {
    if (this.#health === "unhealthy" && nowMs >= this.#ejectedUntilMs) this.#become("probation", nowMs);
  }

  /** Takes an ejected backend back, because too few others are left. */
  reinstate(nowMs: number): void {
    this.#become("degraded", nowMs);
  }

  #isFailing(): boolean {
    const { failuresInRow, minRequests, ejectAt } = this.#options;
    if (this.#failuresInRow >= failuresInRow) return true;
    return this.#window.requests >= minRequests && this.#window.failureRate >= ejectAt;
  }

  #grade(nowMs: number): void {
    const { minRequests, degradeAt, restoreAt, windowMs } = this.#options;
    const { requests, failures, failureRate } = this.#window;
    if (this.#health === "healthy") {
      if (this.#isFailing() || (requests >= minRequests && failureRate >= degradeAt)) this.#become("degraded", nowMs);
      return;
    }
    // A backend with little traffic would never have enough requests: a whole window without a failure will do.
    const isSpotless = failures === 0 && nowMs - this.#changedMs >= windowMs;
    if (isSpotless || (requests >= minRequests && failureRate <= restoreAt)) this.#become("healthy", nowMs);
  }

  #eject(nowMs: number): void {
    const { ejectionMs, maxEjectionMs } = this.#options;
    const wasInProbation = this.#health === "probation";
    const isRelapse = wasInProbation || (this.#ejections > 0 && nowMs - this.#changedMs < maxEjectionMs);
    this.#ejections = isRelapse ? this.#ejections + 1 : 1;
    this.#ejectedUntilMs = nowMs + Math.min(maxEjectionMs, ejectionMs * this.#ejections);
    this.#become("unhealthy", nowMs);
  }

  /** Every state starts with a clean slate, or the failures that led to an ejection would lead to the next one. */
  #become(health: ObservedHealth, nowMs: number): void {
    if (this.#health === "healthy" || this.#health === "degraded") {
      if (health !== "healthy" && health !== "degraded") this.#window.clear();
    }
    this.#health = health;
    this.#changedMs = nowMs;
    this.#failuresInRow = 0;
    this.#successesInRow = 0;
  }
}
