// The true state of the backends, which only the plant and the oracle know: columns by host.
import type { HostSpec } from "../simulation-plan.js";
import type { HostChange, HostReach, Membership } from "./host-change.js";

export class HostState {
  readonly count: number;
  readonly slots: Int32Array;
  readonly speed: Float64Array;
  readonly zone: Int32Array;
  readonly slowFactor: Float64Array;
  readonly failFraction: Float64Array;
  readonly failStatus: Int32Array;
  readonly failsAtOnce: Uint8Array;
  readonly pausedUntilMs: Float64Array;
  /** Milliseconds of all pauses so far, the present one in full. */
  readonly pausedMs: Float64Array;
  readonly reach: HostReach[];
  readonly membership: Membership[];

  constructor(specs: readonly HostSpec[]) {
    this.count = specs.length;
    this.slots = Int32Array.from(specs, ({ slots }) => slots);
    this.speed = Float64Array.from(specs, ({ speed }) => speed);
    this.zone = Int32Array.from(specs, ({ zone }) => zone);
    this.slowFactor = new Float64Array(specs.length).fill(1);
    this.failFraction = new Float64Array(specs.length);
    this.failStatus = new Int32Array(specs.length).fill(503);
    this.failsAtOnce = new Uint8Array(specs.length).fill(1);
    this.pausedUntilMs = new Float64Array(specs.length);
    this.pausedMs = new Float64Array(specs.length);
    this.reach = specs.map(() => "up");
    this.membership = specs.map(({ present }) => (present ? "ready" : "absent"));
  }

  apply(host: number, change: HostChange, nowMs: number): void {
    switch (change.kind) {
      case "slow":
        this.slowFactor[host] = change.factor;
        return;
      case "fail":
        this.failFraction[host] = change.fraction;
        this.failStatus[host] = change.status;
        this.failsAtOnce[host] = change.when === "at-once" ? 1 : 0;
        return;
      case "pause": {
        const from = Math.max(nowMs, this.pausedUntilMs[host] ?? 0);
        this.pausedUntilMs[host] = from + change.forMs;
        this.pausedMs[host] = (this.pausedMs[host] ?? 0) + change.forMs;
        return;
      }
      case "reach":
        this.reach[host] = change.state;
        return;
      case "slots":
        this.slots[host] = change.slots;
        return;
      case "member":
        this.membership[host] = change.state;
        return;
    }
  }

  /** Milliseconds of service for a request of `demand` (mean 1). */
  serviceMs(host: number, demand: number, meanServiceMs: number): number {
    return (demand * meanServiceMs * (this.slowFactor[host] ?? 1)) / (this.speed[host] ?? 1);
  }
}
