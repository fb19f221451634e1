// What the xDS protocol demands of a server, as numbered statements that a test can hold or break. The conformance suite
// runs against this table and fails when a row was not run, or not in every variant it names; docs/xds-conformance.md is
// rendered from it. Distilled from the protocol's specification, from what Envoy does, and from where servers went wrong.

export const PROTOCOL_VARIANTS = ["ads-sotw", "ads-delta", "per-type-sotw", "per-type-delta"] as const;

export type ProtocolVariant = (typeof PROTOCOL_VARIANTS)[number];

export interface ProtocolStatement {
  readonly number: number;
  readonly text: string;
  /** Where the demand comes from. */
  readonly source: string;
  /** Default: all. */
  readonly only?: "sotw" | "delta" | "ads";
  /** How go-control-plane falls short of it, as read from its source in August 2026; absent where it does not. */
  readonly goControlPlane?: string;
}

/** Sections of Envoy's "xDS REST and gRPC protocol". */
const spec = (section: string): string => `specification, “${section}”`;
const NAMES = spec("How the client specifies what resources to return");
const ABSENT = spec("Knowing when a requested resource does not exist");
const ACK = spec("ACK/NACK and resource type instance version");
const UPDATES = spec("Resource updates");

export const PROTOCOL_STATEMENTS: readonly ProtocolStatement[] = [
  {
    number: 1,
    only: "sotw",
    text: "An empty list in a type's first request means all (listeners, clusters). Once a request has named anything, even `*`, an empty list ends all subscriptions and is not answered.",
    source: NAMES,
  },
  {
    number: 2,
    text: "For endpoints, routes and secrets an empty list is never a wildcard, not even in the first request: nothing is subscribed, nothing answered.",
    source: `${NAMES}; Istio`,
    goControlPlane: "takes it for the legacy wildcard, for every type, unless that is switched off per type",
  },
  {
    number: 3,
    only: "sotw",
    text: "Responses of listeners and clusters hold the full state of what is subscribed; those of other types may hold changes only.",
    source: spec("Grouping Resources into Responses"),
  },
  {
    number: 4,
    only: "sotw",
    text: "The last listener or cluster removed makes an empty response with a new version. For endpoints and routes an empty response says nothing, and is not sent after the start.",
    source: spec("Deleting Resources"),
  },
  {
    number: 5,
    text: "A first request is always answered, even with nothing, so that the client can end its initialisation.",
    source: "Envoy, initialisation of cluster and listener managers",
  },
  {
    number: 6,
    text: "A nonce that is not the newest of its type is no answer to it, and is not answered.",
    source: UPDATES,
  },
  {
    number: 7,
    text: "The names in a request with a stale nonce count all the same, else a busy server starves the client.",
    source: "Envoy, race of subscription and update",
  },
  {
    number: 8,
    only: "ads",
    text: "Nonces belong to one type of one stream: an answer to listeners does not touch clusters, and a foreign nonce is ignored without ending the stream.",
    source: ACK,
  },
  {
    number: 9,
    only: "sotw",
    text: "The first request of a new stream may carry nonce and version of a dead server: it is a first request, and is answered.",
    source: "Istio, reconnect after restart",
  },
  {
    number: 10,
    only: "sotw",
    text: "After a reconnect endpoints and routes are answered though the version is equal, or the clusters of the client stay warming.",
    source: `${ACK}; Istio`,
  },
  {
    number: 11,
    text: "Equal versions mean equal content, over restarts and replicas too: a counter that starts again at 1 makes clients keep old content.",
    source: "Contour",
    goControlPlane: "SnapshotCache takes any string from its caller; LinearCache counts, with a prefix on request",
  },
  {
    number: 12,
    text: "A NACK is `error_detail` and nothing else; by comparing versions some NACKs read as ACKs.",
    source: ACK,
    goControlPlane: "state of the world does not look at `error_detail`; left to callbacks",
  },
  {
    number: 13,
    text: "After a NACK the same content is not sent again, other content at once, and a subscription that changed in the same request is honoured.",
    source: `${ACK}; Istio`,
    goControlPlane: "SnapshotCache sends the refused version again at once, for ever (state of the world)",
  },
  {
    number: 14,
    text: "A name newly subscribed is sent though the version of the type is unchanged, though the wildcard sent it before, and though it was subscribed earlier.",
    source: NAMES,
  },
  {
    number: 15,
    text: "Nothing is sent for a name that was unsubscribed, nor a response that was waiting when its subscription ended.",
    source: NAMES,
  },
  {
    number: 16,
    text: "An ACK alone is not answered, nor is a list that only got shorter.",
    source: spec("When to send an update"),
  },
  {
    number: 17,
    text: "A name that does not exist is remembered and sent once it does.",
    source: ABSENT,
  },
  {
    number: 18,
    text: "A name listed twice acts once, and no response holds a name twice: clients refuse that.",
    source: "Envoy, duplicate resource names",
  },
  {
    number: 19,
    text: "The node comes with the first request only and stays; without a node id, or without a type on the aggregated stream, the stream ends with INVALID_ARGUMENT; an unknown type does not end it.",
    source: spec("ACK/NACK and resource type instance version"),
  },
  {
    number: 20,
    text: "A resource with a TTL carries it to clients that support TTLs and is kept alive by heartbeats: same version, no content. Other clients see neither.",
    source: spec("TTL"),
  },
  {
    number: 21,
    only: "delta",
    text: "No name in the first request means all, and a name subscribed later does not end that; only unsubscribing `*` does. Both in one request subscribe to nothing.",
    source: NAMES,
  },
  {
    number: 22,
    only: "delta",
    text: "A response holds only what changed and the names of what was removed; each resource has a name and a version.",
    source: spec("Incremental xDS"),
  },
  {
    number: 23,
    only: "delta",
    text: "A name in `subscribe` is sent even if the client holds its newest version.",
    source: spec("Subscribing to Resources"),
    goControlPlane: "does not send it again",
  },
  {
    number: 24,
    only: "delta",
    text: "Unsubscribing a name under a wildcard is answered with what becomes of it: the resource, or its removal. Names never subscribed are ignored.",
    source: spec("Unsubscribing From Resources"),
  },
  {
    number: 25,
    only: "delta",
    text: "A subscribed name that does not exist is reported in `removed_resources`, and pushed once it is created.",
    source: ABSENT,
    goControlPlane: "does not report it",
  },
  {
    number: 26,
    only: "delta",
    text: "`initial_resource_versions` of a type's first request: equal is not sent, different is, gone is removed, and names in it count as subscribed. A client that holds nothing gets an empty first answer.",
    source: spec("Incremental xDS"),
  },
  {
    number: 27,
    only: "delta",
    text: "A stale nonce does not void the subscriptions of its request; one message can be an ACK and subscribe.",
    source: "Envoy, incremental mux",
  },
  {
    number: 28,
    only: "delta",
    text: "After a NACK the client is held to have what it last accepted. The offender is found, and the other resources of the refused response arrive.",
    source: ACK,
    goControlPlane: "holds back the refused response as a whole",
  },
  {
    number: 29,
    only: "delta",
    text: "Secrets and extension configurations that do not exist are never announced as removed: Envoy refuses such a response of secrets, and answers 5xx once an extension in use is gone.",
    source: "Envoy, SDS and ECDS over delta",
  },
  {
    number: 30,
    only: "ads",
    text: "One change goes out as clusters, endpoints, secrets, listeners, routes, virtual hosts; removals of clusters and endpoints last, when nothing refers to them any more.",
    source: spec("Eventual consistency considerations"),
    goControlPlane: "orders types, but removes clusters before their dependants have changed",
  },
  {
    number: 31,
    only: "ads",
    text: "After a response that adds or changes a cluster its endpoints follow, unasked and unchanged, else the cluster stays warming for 15 seconds.",
    source: spec("Resource warming"),
    goControlPlane: "does not send them",
  },
  {
    number: 32,
    only: "ads",
    text: "Endpoints do not wait for the ACK of clusters: Envoy holds that back until it has the endpoints.",
    source: "Consul",
  },
  {
    number: 33,
    only: "ads",
    text: "Endpoints asked for before clusters (a reconnect) are answered, and sent again after the clusters.",
    source: "Istio, reconnect",
  },
  {
    number: 34,
    only: "ads",
    text: "Endpoints are sent though the request names fewer than there are, or others.",
    source: "Kuma, gRPC",
    goControlPlane: "SnapshotCache in ADS mode does not answer such a request",
  },
  {
    number: 35,
    text: "Weights are at least 1, their sum per locality fits 32 bits, localities have weights, priorities have no gaps, at every extreme of the shares.",
    source: "Envoy field rules; gRPC (Go, Node)",
  },
  {
    number: 36,
    text: "A change wakes only the streams that subscribe to the name: without aggregation Envoy opens one stream per cluster.",
    source: "java-control-plane, Contour",
    goControlPlane: "SnapshotCache wakes all streams of the node; LinearCache does not",
  },
  {
    number: 37,
    text: "A client that does not read blocks nobody; what it missed is replaced by the newest before it is sent.",
    source: "go-control-plane, deadlock on one-slot channels",
  },
  {
    number: 38,
    text: "The end of a stream frees all it held.",
    source: "go-control-plane, leaks of watches and node state",
    goControlPlane: "keeps the state of every node it has seen until it is cleared",
  },
  {
    number: 39,
    text: "Responses above 4 MiB, which gRPC clients refuse by default, are split where the protocol allows it, and counted where it does not.",
    source: "Istio, gRPC defaults",
  },
  {
    number: 40,
    text: "Equal content has equal bytes and is no change, whoever writes it and in whatever order.",
    source: "Consul, Kaasops",
  },
];

/** The variants in which a statement has to hold. */
export function variantsOf({ only }: ProtocolStatement): readonly ProtocolVariant[] {
  return PROTOCOL_VARIANTS.filter((variant) => only === undefined || variant.split("-").includes(only));
}
