// Routing by the priority of a request: for each level that the policy names a cluster of its own with breakers of its own,
// and an assignment with the instances that it selects. Weights are those of the one plan of the service: what is learned
// of an instance holds whoever calls it.
import type { InstanceId } from "../model/ids.js";
import type { CatalogueInstance } from "../model/instance.js";
import {
  type PriorityRouting,
  priorityClusterOf,
  REQUEST_PRIORITIES,
  type RequestPriority,
} from "../model/policy/priority-routing.js";
import type { ServicePolicy, ServiceSnapshot } from "../model/service.js";
import type { PlannedEndpoint } from "./planned-service.js";

export interface PriorityLevel {
  readonly priority: RequestPriority;
  /** Name of its cluster. */
  readonly cluster: string;
  /** The service's, with the breakers of the level. */
  readonly policy: ServicePolicy;
  readonly selector: Readonly<Record<string, string>>;
}

export function priorityLevelsOf({ service, policy }: Pick<ServiceSnapshot, "service" | "policy">): PriorityLevel[] {
  const { priorityRouting } = policy;
  if (priorityRouting === undefined) return [];
  return namedLevels(priorityRouting).map(([priority, { instances = {}, circuitBreakers }]) => ({
    priority,
    cluster: priorityClusterOf(service, priority),
    policy: circuitBreakers === undefined ? policy : { ...policy, circuitBreakers },
    selector: instances,
  }));
}

type Level = NonNullable<PriorityRouting["levels"][RequestPriority]>;

function namedLevels({ levels }: PriorityRouting): (readonly [RequestPriority, Level])[] {
  return REQUEST_PRIORITIES.flatMap((priority) => {
    const level = levels[priority];
    return level === undefined ? [] : [[priority, level] as const];
  });
}

/**
 * The instances that a level selects, and those of other services that take over. All of them when it selects nobody: an
 * empty assignment would fail requests that somebody can serve.
 */
export function endpointsOfLevel(
  endpoints: readonly PlannedEndpoint[],
  { selector }: Pick<PriorityLevel, "selector">,
  instances: readonly CatalogueInstance[],
): readonly PlannedEndpoint[] {
  const wanted = Object.entries(selector);
  if (wanted.length === 0) return endpoints;
  const own = new Map<InstanceId, CatalogueInstance>(instances.map((instance) => [instance.id, instance]));
  const ownOf = ({ instance, address, port }: PlannedEndpoint): CatalogueInstance | undefined => {
    const known = own.get(instance);
    return known?.address === address && known.port === port ? known : undefined;
  };
  const kept = endpoints.filter((endpoint) => {
    const metadata = ownOf(endpoint)?.metadata;
    return metadata === undefined || wanted.every(([key, value]) => metadata[key] === value);
  });
  return kept.some((endpoint) => ownOf(endpoint) !== undefined) ? kept : endpoints;
}
