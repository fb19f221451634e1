// Who competes. Each has its own cluster in the same Envoys, its own backends and its own arrivals. LEAST_REQUEST with
// equal weights, Envoy's own power of two choices, is in every batch: ratios are taken inside a batch only, so that both
// sides saw the same machine.

export type Contender =
  /** A service of the control server under one of its algorithms; cluster and endpoints come over ADS. */
  | { readonly kind: "steelyard"; readonly name: string; readonly algorithm: string }
  /** A static cluster of the bootstrap, whose endpoints the bench writes to a file that Envoy watches. */
  | {
      readonly kind: "static";
      readonly name: string;
      /** The part of the Cluster that chooses hosts. */
      readonly balancing: Readonly<Record<string, unknown>>;
      /** HTTP filters of the listener that it needs. */
      readonly httpFilters?: readonly unknown[];
      /** Whether its backends report their load in each answer. */
      readonly orca?: boolean;
      /** `true-capacity`: static weights from what nobody can know, and what the scenario tells about faults. Default: equal. */
      readonly weights?: "equal" | "true-capacity";
    };

const POLICIES = "type.googleapis.com/envoy.extensions.load_balancing_policies";

const policy = (name: string, message: string, settings: Readonly<Record<string, unknown>> = {}) => ({
  load_balancing_policy: {
    policies: [
      {
        typed_extension_config: {
          name: `envoy.load_balancing_policies.${name}`,
          typed_config: { "@type": `${POLICIES}.${message}`, ...settings },
        },
      },
    ],
  },
});

const contenders = {
  "least-request": { kind: "static", name: "least-request", balancing: { lb_policy: "LEAST_REQUEST" } },
  "round-robin": { kind: "static", name: "round-robin", balancing: { lb_policy: "ROUND_ROBIN" } },
  random: { kind: "static", name: "random", balancing: { lb_policy: "RANDOM" } },
  "client-side-wrr": {
    kind: "static",
    name: "client-side-wrr",
    // The documented default penalty of 1.0 acts as 0 in Envoy 1.40 unless it is spelled out; 3 s of blackout instead of
    // 10 s favours it.
    balancing: policy(
      "client_side_weighted_round_robin",
      "client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin",
      {
        error_utilization_penalty: 1,
        blackout_period: "3s",
        weight_update_period: "1s",
      },
    ),
    orca: true,
  },
  "peak-ewma": {
    kind: "static",
    name: "peak-ewma",
    balancing: policy("peak_ewma", "peak_ewma.v3alpha.PeakEwma"),
    httpFilters: [
      {
        name: "envoy.filters.http.peak_ewma",
        typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.peak_ewma.v3alpha.PeakEwmaConfig" },
      },
    ],
  },
  oracle: {
    kind: "static",
    name: "oracle",
    balancing: { lb_policy: "LEAST_REQUEST" },
    weights: "true-capacity",
  },
  adaptive: { kind: "steelyard", name: "adaptive", algorithm: "adaptive" },
  p2c: { kind: "steelyard", name: "p2c", algorithm: "p2c" },
} as const satisfies Readonly<Record<string, Contender>>;

export type ContenderName = keyof typeof contenders;

export const CONTENDER_NAMES = Object.keys(contenders) as readonly ContenderName[];

export function isContenderName(text: string): text is ContenderName {
  return Object.hasOwn(contenders, text);
}

export function contenderOf(name: ContenderName): Contender {
  return contenders[name];
}

/** What an Envoy may lack, and is asked about before. */
export const OPTIONAL_CONTENDER: ContenderName = "peak-ewma";

/** Contenders at once: on two cores more would need more than half of them, and measure the machine. */
export const MAX_BATCH = 5;

/** What every scenario is measured with. */
export const MAIN_BATCH: readonly ContenderName[] = ["least-request", "client-side-wrr", "oracle", "adaptive", "p2c"];

/** The balancing that knows nothing of load: once, for the record. */
export const BLIND_BATCH: readonly ContenderName[] = ["least-request", "round-robin", "random"];
