// Who got how much of one contender's traffic, by the requests that reached the backends; how fast a faulty host lost its
// part, and how fast it got it back.

/** A window of this length is one look at a share. */
const LOOK_S = 3;
const SHED_BELOW = 0.2;
const BACK_ABOVE = 0.8;

export class TrafficShares {
  readonly #arrivals: readonly (readonly number[])[];
  readonly #stepMs: number;

  /** `arrivals`: requests per step of time, by host. */
  constructor(arrivals: readonly (readonly number[])[], stepMs: number) {
    this.#arrivals = arrivals;
    this.#stepMs = stepMs;
  }

  /** Part of the requests from `fromS` to `toS`, by host; sums to 1, all NaN when there were none. */
  between(fromS: number, toS: number): readonly number[] {
    const [from, to] = [fromS, toS].map((s) => Math.round((s * 1000) / this.#stepMs)) as [number, number];
    const sums = this.#arrivals.map((counts) => counts.slice(from, to).reduce((sum, count) => sum + count, 0));
    const total = sums.reduce((sum, count) => sum + count, 0);
    return sums.map((sum) => sum / total);
  }

  /** Whole seconds after `fromS` at which `host` first has less than 20 % of `fairShare`; undefined = not before `toS`. */
  shedSeconds(host: number, fairShare: number, fromS: number, toS: number): number | undefined {
    return this.#firstSecond(fromS, toS, (shares) => (shares[host] ?? 0) < SHED_BELOW * fairShare);
  }

  /** Whole seconds after `fromS` at which it first has at least 80 %; undefined = not before `toS`. */
  backSeconds(host: number, fairShare: number, fromS: number, toS: number): number | undefined {
    return this.#firstSecond(fromS, toS, (shares) => (shares[host] ?? 0) >= BACK_ABOVE * fairShare);
  }

  /** Looks go forward: a time is never better than what was really seen. */
  #firstSecond(fromS: number, toS: number, satisfied: (shares: readonly number[]) => boolean): number | undefined {
    for (let atS = fromS; atS + LOOK_S <= toS; atS += 1) {
      if (satisfied(this.between(atS, atS + LOOK_S))) return atS - fromS;
    }
    return undefined;
  }
}
