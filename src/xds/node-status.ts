// What is known of each connected node: which types it wants, what it was sent, what it accepted or refused. A node may
// have several streams (Envoy opens one per cluster without aggregation); its status is the worst of them.
import type { ChannelStatus } from "./channel.js";
import type { NodeInfo } from "./node.js";
import type { RefusalError } from "./request.js";

export type SyncState = ChannelStatus["state"];

export interface NodeTypeStatus {
  readonly typeUrl: string;
  /** `*`, or how many names and the first 100 of them. */
  readonly subscribed: "*" | { readonly count: number; readonly names: readonly string[] };
  /** `version_info` of the newest response; of types sent one resource at a time, the newest resource's version. */
  readonly sentVersion: string | undefined;
  readonly ackedVersion: string | undefined;
  readonly state: SyncState;
  /** Refusal that still stands, with names in the refused response (at most 16). */
  readonly error: (RefusalError & { readonly resources: readonly string[] }) | undefined;
}

export interface NodeStatus {
  readonly id: string;
  readonly cluster: string;
  readonly audience: string;
  readonly locality: NodeInfo["locality"];
  /** e.g. `envoy 1.40.0`. */
  readonly userAgent: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Milliseconds since the Unix epoch, of the oldest open stream. */
  readonly connectedSinceMs: number;
  /** Distinct, e.g. `ads-delta`. */
  readonly transports: readonly string[];
  readonly streams: number;
  readonly types: readonly NodeTypeStatus[];
}

/** What a stream tells of itself. */
export interface StreamReport {
  readonly node: NodeInfo;
  readonly audience: string;
  readonly transport: string;
  readonly openedAtMs: number;
  readonly types: readonly ChannelStatus[];
}

const MAX_NAMES = 100;
const WORST_FIRST: readonly SyncState[] = ["NACKED", "STALE", "NOT_SENT", "SYNCED"];

/** Sorted by node id. */
export function nodeStatuses(reports: Iterable<StreamReport>): readonly NodeStatus[] {
  const byNode = new Map<string, StreamReport[]>();
  for (const report of reports) {
    const known = byNode.get(report.node.id);
    if (known) known.push(report);
    else byNode.set(report.node.id, [report]);
  }
  return [...byNode.values()].flatMap(nodeStatus).sort((a, b) => (a.id < b.id ? -1 : 1));
}

function nodeStatus(reports: readonly StreamReport[]): NodeStatus[] {
  const [first] = reports;
  if (!first) return [];
  const { node, audience } = first;
  const types = new Map<string, NodeTypeStatus>();
  for (const type of reports.flatMap((report) => report.types)) {
    const known = types.get(type.typeUrl);
    types.set(type.typeUrl, known ? merged(known, typeStatus(type)) : typeStatus(type));
  }
  return [
    {
      id: node.id,
      cluster: node.cluster,
      audience,
      locality: node.locality,
      userAgent: [node.userAgentName, node.userAgentVersion].filter(Boolean).join(" "),
      metadata: node.metadata,
      connectedSinceMs: Math.min(...reports.map(({ openedAtMs }) => openedAtMs)),
      transports: [...new Set(reports.map(({ transport }) => transport))],
      streams: reports.length,
      types: [...types.values()],
    },
  ];
}

function typeStatus(type: ChannelStatus): NodeTypeStatus {
  const { typeUrl, sentVersion, ackedVersion, state, error } = type;
  const names: string[] = [];
  for (const name of type.names) {
    if (names.length === MAX_NAMES) break;
    names.push(name);
  }
  const subscribed = type.all ? "*" : { count: type.names.size, names };
  return { typeUrl, subscribed, sentVersion, ackedVersion, state, error };
}

function merged(a: NodeTypeStatus, b: NodeTypeStatus): NodeTypeStatus {
  const subscribed =
    a.subscribed === "*" || b.subscribed === "*"
      ? "*"
      : {
          count: a.subscribed.count + b.subscribed.count,
          names: [...a.subscribed.names, ...b.subscribed.names].slice(0, MAX_NAMES),
        };
  return {
    typeUrl: a.typeUrl,
    subscribed,
    sentVersion: b.sentVersion ?? a.sentVersion,
    ackedVersion: b.ackedVersion ?? a.ackedVersion,
    state: WORST_FIRST.find((state) => state === a.state || state === b.state) ?? a.state,
    error: (b.error?.atMs ?? -1) >= (a.error?.atMs ?? -1) ? (b.error ?? a.error) : a.error,
  };
}
