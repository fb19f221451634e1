// The output of translation: one encoded xDS resource. Invariant: equal input gives equal bytes, so that content-hash
// versions stay the same across restarts and replicas.
import type { MessageFns } from "./message-fns.js";

interface ResourceName {
  readonly typeUrl: string;
  readonly name: string;
}

export interface Resource extends ResourceName {
  readonly bytes: Uint8Array;
  /** What this resource makes the proxy ask for: a Cluster its assignment, a Listener its routes. */
  readonly refs?: readonly ResourceName[];
}

export const CLUSTER_TYPE = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
export const ASSIGNMENT_TYPE = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
export const SECRET_TYPE = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
export const LISTENER_TYPE = "type.googleapis.com/envoy.config.listener.v3.Listener";
export const ROUTE_TYPE = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";

/** google.protobuf.Any, as extension points take their configuration. */
export function packAny<T>(type: MessageFns<T>, message: T): { readonly typeUrl: string; readonly value: Buffer } {
  return { typeUrl: `type.googleapis.com/${type.$type}`, value: Buffer.from(type.encode(message).finish()) };
}
