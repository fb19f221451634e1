// The part of a generated message type that translation needs.

export interface MessageFns<T> {
  /** Full protobuf name, e.g. "envoy.config.cluster.v3.Cluster". */
  readonly $type: string;
  encode(message: T): { finish(): Uint8Array };
}
