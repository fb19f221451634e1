// Bounds on what one client may make the engine hold or do. Each is checked where the data enters.

export interface XdsLimits {
  /** Names in one list of one request. Default 10,000. */
  readonly maxNamesPerRequest: number;
  /** Names that one stream may hold subscribed per type; delta requests add up. Default 50,000. */
  readonly maxNamesPerType: number;
  /** UTF-8 bytes of a resource name, a type URL, a node id or a node cluster. Default 512. */
  readonly maxNameBytes: number;
  /** Encoded request. Default 1 MiB. */
  readonly maxRequestBytes: number;
  /** Metadata of a node, as JSON; it is kept for the life of the stream. Default 64 KiB. */
  readonly maxNodeMetadataBytes: number;
  /** Resource types on one aggregated stream. Default 64. */
  readonly maxTypesPerStream: number;
  /** Open streams of the whole server. Default 20,000. */
  readonly maxStreams: number;
  /**
   * Responses that may wait for their acknowledgement per stream, for types with one resource per response (endpoints);
   * never more than one per name. All other types have exactly one. Default 256.
   */
  readonly maxInFlight: number;
  /**
   * Endpoints that a client asks for when it comes go together, up to this size per response (at least one). Who is
   * refused in such a response is found by sending them one by one. Default 1 MiB; 0: one by one from the start.
   */
  readonly firstBatchBytes: number;
  /** Responses with several resources are split above this size where the protocol allows it. Default 3 MiB. */
  readonly maxResponseBytes: number;
  /** Written to one stream before its transport has confirmed what was written before. Default 64 KiB, at least one response. */
  readonly writeBatchBytes: number;
}

export const DEFAULT_LIMITS: XdsLimits = {
  maxNamesPerRequest: 10_000,
  maxNamesPerType: 50_000,
  maxNameBytes: 512,
  maxRequestBytes: 1 << 20,
  maxNodeMetadataBytes: 64 << 10,
  maxTypesPerStream: 64,
  maxStreams: 20_000,
  maxInFlight: 256,
  firstBatchBytes: 1 << 20,
  maxResponseBytes: 3 << 20,
  writeBatchBytes: 64 << 10,
};
