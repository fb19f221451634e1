// What can happen to a backend. Plain data, so that a timeline can be printed, stored and compared.

/** What can happen to a host. */
export type HostChange =
  /** Service times times `factor`; 1 = well again. */
  | { readonly kind: "slow"; readonly factor: number }
  /**
   * A part of the answers are failures. `at-once`: within a millisecond, without taking a slot (a sinkhole).
   * `after-service`: after the usual work.
   */
  | {
      readonly kind: "fail";
      readonly fraction: number;
      readonly status: 503 | 429;
      readonly when: "at-once" | "after-service";
    }
  /** Stands still and then goes on where it was: a garbage collection, or, long enough, a hang. */
  | { readonly kind: "pause"; readonly forMs: number }
  /** New connections are refused, or time out. */
  | { readonly kind: "reach"; readonly state: HostReach }
  | { readonly kind: "slots"; readonly slots: number }
  /** What the catalogue says of it. */
  | { readonly kind: "member"; readonly state: Membership };

export type Membership = "absent" | "ready" | "draining";

export type HostReach = "up" | "refused" | "unreachable";
