// `steelyard/xds`: an xDS server library. Put resources into a ResourceCache, serve it with an XdsServer.
export type {
  FetchInfo,
  MissingInfo,
  NackInfo,
  Peer,
  RequestInfo,
  ResponseInfo,
  StreamInfo,
  XdsCallbacks,
} from "./callbacks.js";
export type { ClientReport } from "./client-status.js";
export { ClientStatusService } from "./client-status-service.js";
export { contentVersion } from "./content-hash.js";
export { jsonMessage } from "./json-message.js";
export { DEFAULT_LIMITS, type XdsLimits } from "./limits.js";
export type { ListenAddress, ListenOptions, ServiceHost } from "./listener.js";
export type { NodeInfo } from "./node.js";
export type { NodeStatus, NodeTypeStatus, SyncState } from "./node-status.js";
export type { RefusalError } from "./request.js";
export {
  type EncodableMessage,
  type MessageCodec,
  messageOf,
  type Resource,
  type ResourceContent,
  type ResourceId,
  type ResourceInput,
} from "./resource.js";
export {
  type CacheChange,
  type CacheEvent,
  type ChangedNames,
  type DanglingRef,
  ResourceCache,
} from "./resource-cache.js";
export { StreamError } from "./stream-error.js";
export { TYPE_URLS } from "./type-rules.js";
export { XdsServer, type XdsServerOptions } from "./xds-server.js";
