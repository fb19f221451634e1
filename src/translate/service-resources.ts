// The entry of translation: what the control loop decided about a service, as the resources its data planes get.
import { Cluster } from "../gen/envoy/config/cluster/v3/cluster.js";
import { Listener } from "../gen/envoy/config/listener/v3/listener.js";
import { RouteConfiguration } from "../gen/envoy/config/route/v3/route.js";
import type { ServiceName } from "../model/ids.js";
import { isTcp } from "../model/policy/protocol.js";
import type { NamedRoute } from "../model/route/route.js";
import type { ServicePolicy } from "../model/service.js";
import { zoneKey, zoneOf } from "../model/zone.js";
import { type AssignmentEndpoint, type AssignmentPolicy, DEFAULT_OVERPROVISIONING } from "./assignment.js";
import type { AssignmentEncoder } from "./assignment-encoder.js";
import { clusterOf } from "./cluster/cluster.js";
import { secretNamesOf, secretsOf } from "./cluster/upstream-tls.js";
import type { DataPlane } from "./data-plane.js";
import { endpointsWithFailover } from "./failover-endpoints.js";
import { GATEWAY, type ListenerAddress, listenerOf, routesOf } from "./gateway.js";
import { grpcServiceResources } from "./grpc/service-resources.js";
import type { PlannedService } from "./planned-service.js";
import { endpointsOfLevel, priorityLevelsOf } from "./priority-levels.js";
import { ASSIGNMENT_TYPE, CLUSTER_TYPE, LISTENER_TYPE, type Resource, ROUTE_TYPE, SECRET_TYPE } from "./resource.js";
import type { RoutedService } from "./route/user-route.js";
import { tcpListenersOf } from "./tcp-listener.js";

export interface ServiceInput extends PlannedService {
  /** Of the assignment of that name; one that was used before makes a change of weights cheap. */
  readonly encoderOf: (name: string) => AssignmentEncoder;
  /** Those of `takeoverServices` that exist. */
  readonly related: ReadonlyMap<ServiceName, PlannedService>;
}

/** Data planes with the same variant of a service share its resources: where they stand matters where near ones are preferred. */
export function variantOf({ client, locality }: DataPlane, { failover }: ServicePolicy): string {
  const preference = failover?.locality;
  return preference === undefined ? client : `${client}@${zoneKey(zoneOf(locality, preference.prefer))}`;
}

/**
 * Weight, health, address and priority are the plan's, locality and host name the catalogue's. An instance that only
 * one of the two knows is left out: it was deregistered since the plan, or waits for its first plan.
 * @throws SteelyardError ERR_INTERNAL when the plan breaks one of Envoy's rules; keep what was sent before
 */
export function serviceResources(
  { snapshot, plan, encoderOf, related }: ServiceInput,
  { client, locality }: DataPlane,
): readonly Resource[] {
  const name = snapshot.service;
  const endpoints = endpointsWithFailover({ snapshot, plan }, related, locality);
  if (client === "grpc") {
    const { policy } = snapshot;
    const { enforcement } = plan;
    return grpcServiceResources({ service: name, policy, enforcement, endpoints });
  }
  const pair = (
    cluster: string,
    policy: ServicePolicy,
    members: readonly AssignmentEndpoint[],
  ): readonly Resource[] => [
    {
      typeUrl: CLUSTER_TYPE,
      name: cluster,
      bytes: Cluster.encode(clusterOf(name, policy, plan.enforcement, cluster)).finish(),
      refs: [
        { typeUrl: ASSIGNMENT_TYPE, name: cluster },
        ...secretNamesOf(name, policy).map((secret) => ({ typeUrl: SECRET_TYPE, name: secret })),
      ],
    },
    {
      typeUrl: ASSIGNMENT_TYPE,
      name: cluster,
      bytes: encoderOf(cluster).encode(members, assignmentPolicy(policy)),
    },
  ];
  return [
    ...pair(name, snapshot.policy, endpoints),
    ...secretsOf(name, snapshot.policy),
    ...priorityLevelsOf(snapshot).flatMap((level) =>
      pair(level.cluster, level.policy, endpointsOfLevel(endpoints, level, snapshot.instances)),
    ),
  ];
}

export interface GatewayInput {
  readonly listener: ListenerAddress;
  /** 0..100; default 0 = no access log. */
  readonly accessLogPercent?: number;
  /** All there are. */
  readonly services: readonly RoutedService[];
  /** As users declared them. */
  readonly routes: readonly NamedRoute[];
}

/** The listener, its routes to all services, and the listeners of plain connections; gRPC clients have none. */
export function gatewayResources(input: GatewayInput, { client }: DataPlane): readonly Resource[] {
  if (client === "grpc") return [];
  const listener = listenerOf(input.listener, input.accessLogPercent);
  const routes = routesOf(
    input.services.filter(({ policy }) => !isTcp(policy)),
    input.routes,
  );
  return [
    {
      typeUrl: LISTENER_TYPE,
      name: GATEWAY,
      bytes: Listener.encode(listener).finish(),
      refs: [{ typeUrl: ROUTE_TYPE, name: GATEWAY }],
    },
    { typeUrl: ROUTE_TYPE, name: GATEWAY, bytes: RouteConfiguration.encode(routes).finish() },
    ...tcpListenersOf(input.listener, input.services),
  ];
}

/** Envoy's own head room is left unsaid. */
function assignmentPolicy({ failover }: ServicePolicy): AssignmentPolicy {
  const percent = failover?.overprovisioningPercent;
  return percent === undefined || percent === DEFAULT_OVERPROVISIONING ? {} : { overprovisioningPercent: percent };
}
