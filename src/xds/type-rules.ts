// What the protocol demands per resource type: order on the wire, wildcard, full state, one or many per response.
// The only table of type URLs; a type that is not in it is served by the last rule. Order after the xDS specification's
// "make before break": clusters, endpoints, secrets, listeners, routes, virtual hosts.

const PREFIX = "type.googleapis.com/";

export const TYPE_URLS = {
  cluster: `${PREFIX}envoy.config.cluster.v3.Cluster`,
  endpoint: `${PREFIX}envoy.config.endpoint.v3.ClusterLoadAssignment`,
  localityEndpoint: `${PREFIX}envoy.config.endpoint.v3.LbEndpoint`,
  secret: `${PREFIX}envoy.extensions.transport_sockets.tls.v3.Secret`,
  listener: `${PREFIX}envoy.config.listener.v3.Listener`,
  scopedRoute: `${PREFIX}envoy.config.route.v3.ScopedRouteConfiguration`,
  route: `${PREFIX}envoy.config.route.v3.RouteConfiguration`,
  virtualHost: `${PREFIX}envoy.config.route.v3.VirtualHost`,
  runtime: `${PREFIX}envoy.service.runtime.v3.Runtime`,
  extensionConfig: `${PREFIX}envoy.config.core.v3.TypedExtensionConfig`,
} as const;

export interface TypeRule {
  readonly typeUrl: string;
  /** Short name for metrics; types outside the table share one, so that clients cannot create label values. */
  readonly label: string;
  /** Lower goes first on a stream. */
  readonly rank: number;
  /** `legacy`: an empty first request means all. `explicit`: only `*` does. `never`: `*` is a name like any other. */
  readonly wildcard: "legacy" | "explicit" | "never";
  /** A state-of-the-world response must hold everything subscribed: what is missing is deleted by the client. */
  readonly fullState: boolean;
  /** Removals wait until nothing else is left to send, because other types may still refer to what goes. */
  readonly removalsLast: boolean;
  /** May several resources share a response? Where not, a NACK names its culprit and responses are pipelined. */
  readonly batch: boolean;
  /** Are clients told, in the incremental variant, that a resource does not exist? Some take it badly. */
  readonly tellsAbsence: boolean;
  /** Nothing new of this type is sent while that type has additions which could not be sent yet. */
  readonly after: string | undefined;
  /** Resources of that type wait for resources of this one: a client asks again when its parent changed. */
  readonly parent: string | undefined;
}

const base = {
  wildcard: "never",
  fullState: false,
  removalsLast: false,
  batch: true,
  tellsAbsence: true,
  after: undefined,
  parent: undefined,
} as const;

const RULES: readonly TypeRule[] = [
  {
    ...base,
    typeUrl: TYPE_URLS.cluster,
    label: "cds",
    rank: 10,
    wildcard: "legacy",
    fullState: true,
    removalsLast: true,
  },
  {
    ...base,
    typeUrl: TYPE_URLS.endpoint,
    label: "eds",
    rank: 20,
    removalsLast: true,
    batch: false,
    parent: TYPE_URLS.cluster,
  },
  { ...base, typeUrl: TYPE_URLS.localityEndpoint, label: "leds", rank: 25 },
  // Envoy refuses a response of removed secrets only.
  { ...base, typeUrl: TYPE_URLS.secret, label: "sds", rank: 30, tellsAbsence: false },
  {
    ...base,
    typeUrl: TYPE_URLS.listener,
    label: "lds",
    rank: 40,
    wildcard: "legacy",
    fullState: true,
    after: TYPE_URLS.cluster,
  },
  {
    ...base,
    typeUrl: TYPE_URLS.scopedRoute,
    label: "srds",
    rank: 50,
    wildcard: "legacy",
    fullState: true,
    after: TYPE_URLS.cluster,
  },
  {
    ...base,
    typeUrl: TYPE_URLS.route,
    label: "rds",
    rank: 60,
    after: TYPE_URLS.cluster,
    parent: TYPE_URLS.listener,
  },
  { ...base, typeUrl: TYPE_URLS.virtualHost, label: "vhds", rank: 70, after: TYPE_URLS.cluster },
  { ...base, typeUrl: TYPE_URLS.runtime, label: "rtds", rank: 80 },
  // Envoy answers 5xx from the moment an extension in use is removed; one that is not told keeps the last.
  { ...base, typeUrl: TYPE_URLS.extensionConfig, label: "ecds", rank: 80, tellsAbsence: false },
];

const byTypeUrl = new Map(RULES.map((rule) => [rule.typeUrl, rule]));

/** The rule of a type; any URL is served, those not in the table as a plain type which understands `*`. */
export function ruleOf(typeUrl: string): TypeRule {
  return byTypeUrl.get(typeUrl) ?? { ...base, typeUrl, label: "other", rank: 90, wildcard: "explicit" };
}
