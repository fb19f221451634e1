// Where the endpoints of a cluster can be read from: a ClusterLoadAssignment, or what an Envoy's admin interface prints of
// the clusters it has (`/config_dump?include_eds`, `/clusters?format=json`). All are proto JSON in snake_case.
import { SteelyardError } from "../model/errors.js";

type Fields = Readonly<Record<string, unknown>>;

/**
 * A ClusterLoadAssignment of `cluster`, not validated: the server does that.
 * @throws SteelyardError ERR_CONFIG_INVALID when the text is no JSON, or does not mention the cluster
 */
export function assignmentFrom(text: string, cluster: string): unknown {
  const document = parsed(text);
  if (Array.isArray(document["configs"])) return fromConfigDump(document["configs"], cluster);
  if (Array.isArray(document["cluster_statuses"])) return fromClusters(document["cluster_statuses"], cluster);
  return document;
}

function parsed(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SteelyardError("ERR_CONFIG_INVALID", "the file is not JSON", { cause: error });
  }
  if (isFields(value)) return value;
  throw new SteelyardError("ERR_CONFIG_INVALID", "the file holds no JSON object");
}

function fromConfigDump(configs: readonly unknown[], cluster: string): unknown {
  const assignments = configs.filter(isFields).flatMap((config) =>
    ["dynamic_endpoint_configs", "static_endpoint_configs"]
      .flatMap((name) => listOf(config, name))
      .map((entry) => entry["endpoint_config"])
      .filter(isFields),
  );
  return found(
    assignments.find((assignment) => assignment["cluster_name"] === cluster),
    cluster,
    assignments.map((assignment) => assignment["cluster_name"]),
  );
}

/** Each host with the health that Envoy was told, not the one it found: that is its own business. */
function fromClusters(statuses: readonly unknown[], cluster: string): unknown {
  const clusters = statuses.filter(isFields);
  const status = found(
    clusters.find(({ name }) => name === cluster),
    cluster,
    clusters.map(({ name }) => name),
  );
  const endpoints = listOf(status, "host_statuses").map((host) => {
    const { address, weight, locality, priority, hostname, health_status: health } = host;
    const told = isFields(health) ? health["eds_health_status"] : undefined;
    return {
      locality,
      priority,
      lb_endpoints: [{ endpoint: { address, hostname }, load_balancing_weight: weight, health_status: told }],
    };
  });
  return { cluster_name: cluster, endpoints };
}

function found<T>(value: T | undefined, cluster: string, names: readonly unknown[]): T {
  if (value !== undefined) return value;
  const known = names.slice(0, 10).map(String).join(", ");
  throw new SteelyardError("ERR_CONFIG_INVALID", `the file has no cluster ${cluster}; it has: ${known || "none"}`);
}

function listOf(fields: Fields, name: string): readonly Fields[] {
  const value = fields[name];
  return Array.isArray(value) ? value.filter(isFields) : [];
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
