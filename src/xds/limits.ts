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
  /** Open streams of the whole server; one more is refused with RESOURCE_EXHAUSTED. Default 20,000. */
  readonly maxStreams: number;
  /**
   * Streams that may be sent their first answers at the same time; those that come meanwhile are let in and wait for
   * their turn. Default 256.
   */
  readonly maxFirstAnswers: number;
  /** How long a client that does not take its first answer holds such a place, finite milliseconds. Default 1,000. */
  readonly firstAnswerMs: number;
  /**
   * How long a client may take nothing of what was written to it before its stream is cut, milliseconds; noticed with a
   * delay of up to half of it. Default 60,000; Infinity: for ever.
   */
  readonly maxStallMs: number;
  /**
   * Age at which a stream is ended with UNAVAILABLE and its connection with GOAWAY, so that the client connects anew, and
   * maybe to another replica; spread by a fifth to either side. A client that comes back to equal content in the
   * incremental variant is told nothing. Milliseconds, default 1,800,000 (30 minutes); Infinity: never.
   */
  readonly maxStreamAgeMs: number;
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
  maxFirstAnswers: 256,
  firstAnswerMs: 1_000,
  maxStallMs: 60_000,
  maxStreamAgeMs: 1_800_000,
  maxInFlight: 256,
  firstBatchBytes: 1 << 20,
  maxResponseBytes: 3 << 20,
  writeBatchBytes: 64 << 10,
};
