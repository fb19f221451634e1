// The entry of translation: what the control loop decided about a service, as the resources its proxies get.
import { Cluster } from "../gen/envoy/config/cluster/v3/cluster.js";
import { Listener } from "../gen/envoy/config/listener/v3/listener.js";
import { RouteConfiguration } from "../gen/envoy/config/route/v3/route.js";
import type { WeightPlan } from "../model/plan.js";
import type { ServiceSnapshot } from "../model/service.js";
import type { AssignmentEndpoint } from "./assignment.js";
import { AssignmentEncoder } from "./assignment-encoder.js";
import { clusterOf } from "./cluster.js";
import { GATEWAY, type ListenerAddress, listenerOf, type RoutedService, routesOf } from "./gateway.js";
import { ASSIGNMENT_TYPE, CLUSTER_TYPE, LISTENER_TYPE, type Resource, ROUTE_TYPE } from "./resource.js";

export interface ServiceResources {
  readonly cluster: Resource;
  readonly assignment: Resource;
}

/**
 * Weight, health, address and priority are the plan's, locality and host name the catalogue's. An instance that only
 * one of the two knows is left out: it was deregistered since the plan, or waits for its first plan.
 * @throws SteelyardError ERR_INTERNAL when the plan breaks one of Envoy's rules; keep what was sent before
 */
export function resourcesOf(input: {
  readonly snapshot: ServiceSnapshot;
  readonly plan: WeightPlan;
  /** Of this service; one that was used before makes a change of weights cheap. */
  readonly encoder?: AssignmentEncoder;
}): ServiceResources {
  const { snapshot, plan, encoder = new AssignmentEncoder(snapshot.service) } = input;
  const name = snapshot.service;
  const cluster = clusterOf(name, snapshot.policy, plan.enforcement);
  const assignment = encoder.encode(endpointsOf(snapshot, plan));
  return {
    cluster: {
      typeUrl: CLUSTER_TYPE,
      name,
      bytes: Cluster.encode(cluster).finish(),
      refs: [{ typeUrl: ASSIGNMENT_TYPE, name }],
    },
    assignment: { typeUrl: ASSIGNMENT_TYPE, name, bytes: assignment },
  };
}

/** The listener and its routes to all services. */
export function gatewayResources(input: {
  readonly listener: ListenerAddress;
  readonly services: readonly RoutedService[];
}): readonly Resource[] {
  const listener = listenerOf(input.listener);
  const routes = routesOf(input.services);
  return [
    {
      typeUrl: LISTENER_TYPE,
      name: GATEWAY,
      bytes: Listener.encode(listener).finish(),
      refs: [{ typeUrl: ROUTE_TYPE, name: GATEWAY }],
    },
    { typeUrl: ROUTE_TYPE, name: GATEWAY, bytes: RouteConfiguration.encode(routes).finish() },
  ];
}

function endpointsOf(snapshot: ServiceSnapshot, plan: WeightPlan): AssignmentEndpoint[] {
  const registered = new Map(snapshot.instances.map((instance) => [instance.id, instance]));
  return plan.entries.flatMap(({ instance, address, port, priority, weight, health }) => {
    const known = registered.get(instance);
    return known
      ? [{ instance, address, port, priority, weight, health, locality: known.locality, hostname: known.hostname }]
      : [];
  });
}
