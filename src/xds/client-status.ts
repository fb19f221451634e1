// What every connected client was sent and what it made of it, in the words of the client status discovery service.
import { ClientResourceStatus } from "../gen/envoy/admin/v3/config_dump_shared.js";
import { ClientConfig, ConfigStatus } from "../gen/envoy/service/status/v3/csds.js";
import type { NodeInfo } from "./node.js";
import type { Resource } from "./resource.js";
import type { ResourceState, ResourceStatus } from "./resource-status.js";

/** One type on one stream. */
export interface TypeResources {
  readonly typeUrl: string;
  readonly resources: Iterable<ResourceStatus>;
}

/** One open stream of a node, after its first request. */
export interface ClientReport {
  readonly node: NodeInfo;
  readonly audience: string;
  readonly types: readonly TypeResources[];
}

/** A node may ask for the same on several streams: the worst news counts. */
const WORST_FIRST: readonly ResourceState[] = ["NACKED", "SENT", "REQUESTED", "ABSENT", "ACKED"];

const SERVER_VIEW = {
  REQUESTED: ConfigStatus.NOT_SENT,
  ABSENT: ConfigStatus.SYNCED,
  SENT: ConfigStatus.STALE,
  ACKED: ConfigStatus.SYNCED,
  NACKED: ConfigStatus.ERROR,
} as const;

const CLIENT_VIEW = {
  REQUESTED: ClientResourceStatus.REQUESTED,
  ABSENT: ClientResourceStatus.DOES_NOT_EXIST,
  SENT: ClientResourceStatus.REQUESTED,
  ACKED: ClientResourceStatus.ACKED,
  NACKED: ClientResourceStatus.NACKED,
} as const;

/**
 * @param reports all of one node, at least one
 * @param contentOf the content in force of a resource; left out where it gives none
 */
export function clientConfig(
  reports: readonly [ClientReport, ...ClientReport[]],
  contentOf: (audience: string, typeUrl: string, name: string) => Resource | undefined,
): ClientConfig {
  const [{ node, audience }] = reports;
  const merged = new Map<string, ResourceStatus & { readonly typeUrl: string }>();
  for (const { typeUrl, resources } of reports.flatMap(({ types }) => types)) {
    for (const resource of resources) {
      const key = `${typeUrl} ${resource.name}`;
      const known = merged.get(key);
      if (!known || isWorse(resource.state, known.state)) merged.set(key, { ...resource, typeUrl });
    }
  }
  return ClientConfig.create({
    node: wireNode(node),
    genericXdsConfigs: Array.from(merged.values(), ({ typeUrl, name, state, version, error }) => {
      const content = contentOf(audience, typeUrl, name);
      const { seconds, nanos } = timestamp(error?.atMs ?? 0);
      return {
        typeUrl,
        name,
        versionInfo: version ?? "",
        ...(content && { xdsConfig: { typeUrl, value: Buffer.from(content.bytes) } }),
        configStatus: SERVER_VIEW[state],
        clientStatus: CLIENT_VIEW[state],
        ...(error && {
          errorState: { details: error.message, lastUpdateAttempt: { seconds, nanos }, versionInfo: version ?? "" },
        }),
      };
    }),
  });
}

const isWorse = (a: ResourceState, b: ResourceState): boolean => WORST_FIRST.indexOf(a) < WORST_FIRST.indexOf(b);

const timestamp = (ms: number): { readonly seconds: bigint; readonly nanos: number } => ({
  seconds: BigInt(Math.floor(ms / 1_000)),
  nanos: Math.floor(ms % 1_000) * 1_000_000,
});

function wireNode(node: NodeInfo): NonNullable<Parameters<typeof ClientConfig.create>[0]>["node"] {
  const { id, cluster, locality, metadata, userAgentName, userAgentVersion, clientFeatures } = node;
  return {
    id,
    cluster,
    locality,
    metadata,
    userAgentName,
    userAgentVersionType: { $case: "userAgentVersion", value: userAgentVersion },
    clientFeatures: [...clientFeatures],
  };
}
