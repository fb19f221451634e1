// Envoy's admin interface, read only: the few answers that tests and the demo judge by.
import { z } from "zod";

const statsSchema = z.object({
  stats: z.array(z.object({ name: z.string().optional(), value: z.union([z.number(), z.string()]).optional() })),
});

const hostSchema = z.object({
  address: z.object({ socket_address: z.object({ address: z.string(), port_value: z.number() }).optional() }),
  weight: z.number().default(1),
  priority: z.number().default(0),
  health_status: z.record(z.string(), z.unknown()).default({}),
});

const clustersSchema = z.object({
  cluster_statuses: z.array(z.object({ name: z.string(), host_statuses: z.array(hostSchema).default([]) })).default([]),
});

const listenersSchema = z.object({
  listener_statuses: z
    .array(
      z.object({
        name: z.string(),
        local_address: z.object({
          socket_address: z.object({ address: z.string(), port_value: z.number() }).optional(),
        }),
      }),
    )
    .default([]),
});

const configDumpSchema = z.object({ configs: z.array(z.record(z.string(), z.unknown())) });

/** Of one dumped resource: each type has a name of its own for it, and the listener is one level deeper. */
const RESOURCE_KEYS = ["cluster", "endpoint_config", "route_config", "listener"] as const;

export interface EnvoyHost {
  readonly address: string;
  readonly port: number;
  /** load_balancing_weight as Envoy has it. */
  readonly weight: number;
  readonly priority: number;
  /** HEALTHY, DRAINING, UNHEALTHY, ... as the control plane said. */
  readonly edsHealth: string;
}

export interface EnvoyListener {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

export class AdminClient {
  /** `http://127.0.0.1:9901` */
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** LIVE, DRAINING, PRE_INITIALIZING or INITIALIZING. */
  async state(): Promise<string> {
    return (await this.#get("/ready")).trim();
  }

  /** Counters and gauges whose name matches the regular expression. */
  async stats(filter: string): Promise<ReadonlyMap<string, number>> {
    const body = statsSchema.parse(
      JSON.parse(await this.#get(`/stats?format=json&filter=${encodeURIComponent(filter)}`)),
    );
    const found = new Map<string, number>();
    for (const { name, value } of body.stats)
      if (name !== undefined && typeof value === "number") found.set(name, value);
    return found;
  }

  /** One counter or gauge; undefined while Envoy has none of that name. */
  async stat(name: string): Promise<number | undefined> {
    return (await this.stats(`^${name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`)).get(name);
  }

  /** Hosts of a cluster; undefined when Envoy has no such cluster. */
  async hosts(cluster: string): Promise<readonly EnvoyHost[] | undefined> {
    const body = clustersSchema.parse(JSON.parse(await this.#get("/clusters?format=json")));
    const status = body.cluster_statuses.find((candidate) => candidate.name === cluster);
    return status?.host_statuses.map((host) => {
      const edsHealth = host.health_status["eds_health_status"];
      return {
        address: host.address.socket_address?.address ?? "",
        port: host.address.socket_address?.port_value ?? 0,
        weight: host.weight,
        priority: host.priority,
        edsHealth: typeof edsHealth === "string" ? edsHealth : "UNKNOWN",
      };
    });
  }

  async listeners(): Promise<readonly EnvoyListener[]> {
    const body = listenersSchema.parse(JSON.parse(await this.#get("/listeners?format=json")));
    return body.listener_statuses.map((listener) => ({
      name: listener.name,
      address: listener.local_address.socket_address?.address ?? "",
      port: listener.local_address.socket_address?.port_value ?? 0,
    }));
  }

  /** What control planes have configured, by type and name, without versions and times: equal means the same to traffic. */
  async dynamicConfig(): Promise<ReadonlyMap<string, unknown>> {
    const { configs } = configDumpSchema.parse(JSON.parse(await this.#get("/config_dump?include_eds")));
    const found = new Map<string, unknown>();
    for (const entry of configs.flatMap(dynamicEntriesOf)) {
      const state = isRecord(entry["active_state"]) ? entry["active_state"] : entry;
      for (const key of RESOURCE_KEYS) {
        const resource = state[key];
        if (isRecord(resource)) found.set(`${key}/${String(resource["name"] ?? resource["cluster_name"])}`, resource);
      }
    }
    return found;
  }

  async #get(path: string): Promise<string> {
    const response = await fetch(`${this.url}${path}`, { signal: AbortSignal.timeout(5_000) });
    return response.text(); // /ready answers 503 with its state as the body: the text tells, not the status
  }
}

function dynamicEntriesOf(config: Readonly<Record<string, unknown>>): readonly Readonly<Record<string, unknown>>[] {
  const lists = Object.entries(config).filter(([name]) => name.startsWith("dynamic_"));
  return lists.flatMap(([, list]) => (Array.isArray(list) ? list.filter(isRecord) : []));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
