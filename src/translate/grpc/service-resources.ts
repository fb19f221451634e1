// All that gRPC clients get of a service. There is no gateway: each client asks for the services that it calls.
import { Cluster } from "../../gen/envoy/config/cluster/v3/cluster.js";
import { ClusterLoadAssignment } from "../../gen/envoy/config/endpoint/v3/endpoint.js";
import { Listener } from "../../gen/envoy/config/listener/v3/listener.js";
import { isHashing } from "../../model/enforcement.js";
import type { ServiceName } from "../../model/ids.js";
import type { WeightPlan } from "../../model/plan.js";
import type { ServicePolicy } from "../../model/service.js";
import { ASSIGNMENT_TYPE, CLUSTER_TYPE, LISTENER_TYPE, type Resource } from "../resource.js";
import { type GrpcEndpoint, grpcAssignmentOf } from "./assignment.js";
import { grpcClusterOf } from "./cluster.js";
import { grpcListenerOf } from "./listener.js";

export interface GrpcServiceInput {
  readonly service: ServiceName;
  readonly policy: ServicePolicy;
  readonly enforcement: WeightPlan["enforcement"];
  readonly endpoints: readonly GrpcEndpoint[];
}

/** @throws SteelyardError ERR_INTERNAL as `grpcAssignmentOf` */
export function grpcServiceResources({ service, policy, enforcement, endpoints }: GrpcServiceInput): Resource[] {
  const cluster = grpcClusterOf(service, policy, enforcement);
  const hashed = isHashing(enforcement);
  const listener = grpcListenerOf(service, policy, hashed);
  const assignment = grpcAssignmentOf(service, endpoints, hashed);
  return [
    {
      typeUrl: CLUSTER_TYPE,
      name: service,
      bytes: Cluster.encode(cluster).finish(),
      refs: [{ typeUrl: ASSIGNMENT_TYPE, name: service }],
    },
    { typeUrl: ASSIGNMENT_TYPE, name: service, bytes: ClusterLoadAssignment.encode(assignment).finish() },
    { typeUrl: LISTENER_TYPE, name: service, bytes: Listener.encode(listener).finish() },
  ];
}
