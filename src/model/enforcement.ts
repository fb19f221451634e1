// How a data plane is told to act on the weights. Names are Envoy's load-balancing policies.

/**
 * `least_request`: with unequal weights Envoy picks by EDF on `weight / (active + 1)^activeRequestBias`; with equal
 * weights it is power-of-two-choices. `round_robin`: shares are exactly proportional to weights. `random`: weights are
 * ignored. `ring_hash`, `maglev`: a request's key decides, and each owns keys in proportion to its weight; any change of
 * weights or members rebuilds the table and moves keys.
 */
export type EnvoyEnforcement =
  | { readonly policy: "least_request"; readonly choiceCount: number; readonly activeRequestBias: number }
  | { readonly policy: "round_robin" }
  | { readonly policy: "random" }
  | {
      readonly policy: "ring_hash";
      /** Entries, 1..8,388,608; the ring has a few more when that makes the lightest host's entries whole. */
      readonly minimumRingSize: number;
      /** Entries, >= `minimumRingSize`: bounds what very unequal weights can make of the ring. */
      readonly maximumRingSize: number;
    }
  | {
      readonly policy: "maglev";
      /** A prime, <= 5,000,011. */
      readonly tableSize: number;
    };

export const LEAST_REQUEST: EnvoyEnforcement = { policy: "least_request", choiceCount: 2, activeRequestBias: 1 };
export const ROUND_ROBIN: EnvoyEnforcement = { policy: "round_robin" };
export const RANDOM: EnvoyEnforcement = { policy: "random" };

export type HashingEnforcement = Extract<EnvoyEnforcement, { readonly policy: "ring_hash" | "maglev" }>;

/** Whether a request's key decides where it goes. */
export function isHashing(enforcement: EnvoyEnforcement): enforcement is HashingEnforcement {
  return enforcement.policy === "ring_hash" || enforcement.policy === "maglev";
}
