// How a data plane is told to act on the weights. Names are Envoy's load-balancing policies.

/**
 * `least_request`: with unequal weights Envoy picks by EDF on `weight / (active + 1)^activeRequestBias`; with equal
 * weights it is power-of-two-choices. `round_robin`: shares are exactly proportional to weights.
 */
export type EnvoyEnforcement =
  | { readonly policy: "least_request"; readonly choiceCount: number; readonly activeRequestBias: number }
  | { readonly policy: "round_robin" };

export const LEAST_REQUEST: EnvoyEnforcement = { policy: "least_request", choiceCount: 2, activeRequestBias: 1 };
export const ROUND_ROBIN: EnvoyEnforcement = { policy: "round_robin" };
