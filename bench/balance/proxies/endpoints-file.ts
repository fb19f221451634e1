// The endpoints of a static contender: a ClusterLoadAssignment in a file, replaced in one rename, which is what Envoy
// watches for. Also what the oracle knows: true capacities, as weights that make LEAST_REQUEST give exactly these shares.
import { renameSync, writeFileSync } from "node:fs";

export interface Endpoint {
  readonly port: number;
  /** 1..2^32-1 */
  readonly weight: number;
  readonly health: "HEALTHY" | "UNHEALTHY" | "DRAINING";
}

export function writeEndpoints(file: string, cluster: string, endpoints: readonly Endpoint[]): void {
  const assignment = {
    "@type": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
    cluster_name: cluster,
    endpoints: [
      {
        lb_endpoints: endpoints.map(({ port, weight, health }) => ({
          endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: port } } },
          health_status: health,
          load_balancing_weight: weight,
        })),
      },
    ],
  };
  writeFileSync(`${file}.new`, JSON.stringify({ resources: [assignment] }));
  renameSync(`${file}.new`, file);
}

const EQUAL_WEIGHT = 100;
const LARGEST_WEIGHT = 60_000;

/**
 * Weights under which LEAST_REQUEST (active_request_bias 1) gives shares in proportion to `capacities`: w = s (1 + s n), n =
 * requests in flight per Envoy worker (see docs/adr/004). Capacity 0 weighs 1 and has to be kept out by health. All equal
 * capacities give all equal weights, which is Envoy's true power of two choices.
 */
export function weightsForShares(capacities: readonly number[], inFlightPerWorker: number): readonly number[] {
  const total = capacities.reduce((sum, capacity) => sum + capacity, 0);
  const raw = capacities.map((capacity) => (capacity / total) * (1 + (capacity / total) * inFlightPerWorker));
  const largest = Math.max(...raw);
  const alike = raw.every((weight) => weight === 0 || weight === largest);
  return raw.map((weight) => (alike ? EQUAL_WEIGHT : Math.max(1, Math.round((weight / largest) * LARGEST_WEIGHT))));
}

export function equalWeights(count: number): readonly number[] {
  return Array.from({ length: count }, () => EQUAL_WEIGHT);
}
