// A scripted xDS client over real gRPC, for every discovery service and both variants. It does what it is told and nothing
// else: no acknowledgement, no subscription is sent unless the test says so.
import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  credentials,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { DeltaDiscoveryRequest, DiscoveryRequest } from "../../src/gen/envoy/service/discovery/v3/discovery.js";
import { DISCOVERY_SERVICES } from "../../src/xds/services.js";
import { Inbox } from "./inbox.js";
import { decodeResponse, type XdsResponse, type XdsVariant } from "./xds-messages.js";

export interface AdsClientOptions {
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default: plaintext. */
  readonly credentials?: ChannelCredentials;
  readonly variant: XdsVariant;
  /** `ads` (default), `cds`, `eds`, `lds`, `rds`, … */
  readonly service?: string;
  /** Default `test-node`; an empty id sends a node without one. */
  readonly nodeId?: string;
  readonly nodeCluster?: string;
  readonly metadata?: Record<string, unknown>;
  readonly clientFeatures?: readonly string[];
  /** Default 5,000. */
  readonly timeoutMs?: number;
}

interface TypeState {
  /** SotW: the complete list that each request repeats. */
  readonly names: Set<string>;
  lastNonce: string;
  ackedVersion: string;
  /** Delta: versions held, as a reconnecting client reports them. */
  readonly versions: Map<string, string>;
}

type BytesStream = ClientDuplexStream<Buffer, Buffer>;

export class AdsClient {
  readonly variant: XdsVariant;
  readonly #options: AdsClientOptions;
  readonly #client: Client;
  readonly #types = new Map<string, TypeState>();
  #inbox = new Inbox<XdsResponse>();
  #ended = new Inbox<{ readonly code: status; readonly details: string }>();
  #stream: BytesStream;
  #nodeSent = false;
  /** Requests that this side has not handed to the connection. */
  #unsent = new Set<Promise<void>>();

  constructor(options: AdsClientOptions) {
    this.#options = options;
    this.variant = options.variant;
    this.#client = new Client(
      `${options.host ?? "127.0.0.1"}:${options.port}`,
      options.credentials ?? credentials.createInsecure(),
      {
        "grpc.use_local_subchannel_pool": 1,
        "grpc.max_receive_message_length": -1,
        "grpc.initial_reconnect_backoff_ms": 50,
        "grpc.max_reconnect_backoff_ms": 200,
      },
    );
    this.#stream = this.#open();
  }

  /** Responses that have arrived and were not expected yet. */
  get unread(): readonly XdsResponse[] {
    return this.#inbox.items;
  }

  /**
   * Adds names to the subscription of a type. No names: state of the world repeats the current list (empty at first: the
   * legacy wildcard), delta sends an empty subscribe. `*` is the explicit wildcard.
   */
  subscribe(typeUrl: string, names: readonly string[] = []): void {
    const state = this.#type(typeUrl);
    for (const name of names) state.names.add(name);
    if (this.variant === "sotw") this.#sendNames(typeUrl, state);
    else this.send({ typeUrl, resourceNamesSubscribe: [...names] });
  }

  unsubscribe(typeUrl: string, names: readonly string[]): void {
    const state = this.#type(typeUrl);
    for (const name of names) {
      state.names.delete(name);
      state.versions.delete(name);
    }
    if (this.variant === "sotw") this.#sendNames(typeUrl, state);
    else this.send({ typeUrl, resourceNamesUnsubscribe: [...names] });
  }

  ack(response: XdsResponse): void {
    const state = this.#type(response.typeUrl);
    state.ackedVersion = response.versionInfo;
    for (const [name, version] of response.versions) state.versions.set(name, version);
    for (const name of response.removed) state.versions.delete(name);
    if (this.variant === "sotw") this.#sendNames(response.typeUrl, state, response.nonce);
    else this.send({ typeUrl: response.typeUrl, responseNonce: response.nonce });
  }

  nack(response: XdsResponse, message = "refused by the test"): void {
    const state = this.#type(response.typeUrl);
    const errorDetail = { code: status.INVALID_ARGUMENT, message, details: [] };
    if (this.variant === "sotw") this.#sendNames(response.typeUrl, state, response.nonce, { errorDetail });
    else this.send({ typeUrl: response.typeUrl, responseNonce: response.nonce, errorDetail });
  }

  /** Sends a request as it is given; the node is added to the first of a stream unless `node` is given. */
  send(
    request: Parameters<typeof DiscoveryRequest.create>[0] & Parameters<typeof DeltaDiscoveryRequest.create>[0],
  ): void {
    const node = this.#nodeSent ? {} : { node: this.#node() };
    this.#nodeSent = true;
    const message = { ...node, ...request };
    this.sendBytes(
      this.variant === "sotw"
        ? DiscoveryRequest.encode(DiscoveryRequest.create(message)).finish()
        : DeltaDiscoveryRequest.encode(DeltaDiscoveryRequest.create(message)).finish(),
    );
  }

  sendBytes(bytes: Uint8Array): void {
    const unsent = this.#unsent;
    const write = new Promise<void>((resolve) => {
      this.#stream.write(Buffer.from(bytes), () => resolve());
    });
    unsent.add(write);
    void write.then(() => unsent.delete(write));
  }

  /** The oldest unread response, which must be of the type if one is named. */
  async expectResponse(typeUrl?: string): Promise<XdsResponse> {
    const describe = (): string => `expected a response${typeUrl === undefined ? "" : ` of ${typeUrl}`}`;
    const response = await this.#inbox.take(() => true, this.#timeoutMs, describe);
    if (typeUrl !== undefined && response.typeUrl !== typeUrl) {
      throw new Error(`expected ${typeUrl}, got ${response.typeUrl} with ${response.names.join(", ") || "nothing"}`);
    }
    return response;
  }

  /** `expectResponse`, then acknowledges it. */
  async accept(typeUrl?: string): Promise<XdsResponse> {
    const response = await this.expectResponse(typeUrl);
    this.ack(response);
    return response;
  }

  /** Fails if the server has anything to say in answer to all that was sent before this call. */
  async expectNoResponse(): Promise<void> {
    await this.#barrier();
    if (this.unread.length === 0) return;
    const got = this.unread.map(
      ({ typeUrl, names, removed }) => `${typeUrl} [${names.join(", ")}] removed [${removed.join(", ")}]`,
    );
    throw new Error(`expected no response, got ${got.join("; ")}`);
  }

  /** Everything the server has to say by now, acknowledged one by one until it is silent. */
  async acceptAll(): Promise<readonly XdsResponse[]> {
    return (await this.answerAll(() => true)).accepted;
  }

  /** As `acceptAll`, but refuses what `accepts` does not like. */
  async answerAll(accepts: (response: XdsResponse) => boolean): Promise<{
    readonly accepted: readonly XdsResponse[];
    readonly refused: readonly XdsResponse[];
  }> {
    const answered = { accepted: [] as XdsResponse[], refused: [] as XdsResponse[] };
    await this.#barrier();
    while (this.unread.length > 0) {
      const response = await this.expectResponse();
      if (accepts(response)) {
        answered.accepted.push(response);
        this.ack(response);
      } else {
        answered.refused.push(response);
        this.nack(response);
      }
      if (this.unread.length === 0) await this.#barrier();
    }
    return answered;
  }

  /** The status with which the server ends the stream. */
  expectEnd(): Promise<{ readonly code: status; readonly details: string }> {
    return this.#ended.take(
      () => true,
      this.#timeoutMs,
      () => "expected the stream to end",
    );
  }

  /**
   * A new stream of the same client. `resume` sends a first request per type as Envoy does: with the version it holds and
   * the last nonce (state of the world), or with `initial_resource_versions` (delta).
   */
  reconnect({ resume = false }: { readonly resume?: boolean } = {}): void {
    this.#cancel();
    this.#inbox = new Inbox();
    this.#ended = new Inbox();
    this.#stream = this.#open();
    this.#nodeSent = false;
    this.#unsent = new Set();
    if (!resume) {
      this.#types.clear();
      return;
    }
    for (const [typeUrl, state] of this.#types) {
      if (this.variant === "sotw") this.#sendNames(typeUrl, state, state.lastNonce);
      else {
        const initialResourceVersions = Object.fromEntries(state.versions);
        this.send({ typeUrl, resourceNamesSubscribe: [...state.names], initialResourceVersions });
      }
    }
  }

  /** Ends the sending side; the server closes the stream in answer. */
  halfClose(): void {
    this.#stream.end();
  }

  /** Stops reading, as a stuck client would; `resume` goes on. */
  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  close(): void {
    this.#cancel();
    this.#client.close();
  }

  #cancel(): void {
    const stream = this.#stream;
    stream.on("metadata", () => stream.cancel()); // grpc-js loses a cancel that comes before the call has started
    stream.cancel();
  }

  get #timeoutMs(): number {
    return this.#options.timeoutMs ?? 5_000;
  }

  #sendNames(typeUrl: string, state: TypeState, nonce = state.lastNonce, extra: object = {}): void {
    const resourceNames = [...state.names];
    this.send({ typeUrl, resourceNames, versionInfo: state.ackedVersion, responseNonce: nonce, ...extra });
  }

  #type(typeUrl: string): TypeState {
    let state = this.#types.get(typeUrl);
    if (!state) {
      state = { names: new Set(), lastNonce: "", ackedVersion: "", versions: new Map() };
      this.#types.set(typeUrl, state);
    }
    return state;
  }

  #node(): NonNullable<Parameters<typeof DiscoveryRequest.create>[0]>["node"] {
    const { nodeId = "test-node", nodeCluster = "test-cluster", metadata, clientFeatures = [] } = this.#options;
    const userAgentVersionType = { $case: "userAgentVersion" as const, value: "1.0" };
    return {
      id: nodeId,
      cluster: nodeCluster,
      metadata,
      userAgentName: "scripted",
      userAgentVersionType,
      clientFeatures: [...clientFeatures],
    };
  }

  #open(): BytesStream {
    const stream = this.#call(this.#options.service ?? "ads", this.variant);
    const inbox = this.#inbox;
    const ended = this.#ended;
    stream.on("data", (bytes: Buffer) => {
      const response = decodeResponse(this.variant, bytes);
      if (inbox === this.#inbox) this.#type(response.typeUrl).lastNonce = response.nonce;
      inbox.put(response);
    });
    stream.on("error", ({ code, details }: ServiceError) => ended.put({ code, details }));
    stream.on("status", ({ code, details }) => {
      if (code === status.OK) ended.put({ code, details });
    });
    return stream;
  }

  #call(label: string, variant: XdsVariant): BytesStream {
    const service = DISCOVERY_SERVICES.find((each) => each.label === label);
    const method = service?.[variant];
    if (!service || method === undefined) throw new Error(`no service ${label} in ${variant}`);
    const identity = (bytes: Buffer): Buffer => bytes;
    return this.#client.makeBidiStreamRequest(`/${service.service}/${method}`, identity, identity);
  }

  /**
   * Two round trips on streams of their own over the same connection: gRPC keeps the order, so what the server had to say
   * to earlier requests is here when they are done.
   */
  async #barrier(): Promise<void> {
    await Promise.all(this.#unsent);
    for (let round = 0; round < 2; round++) {
      const stream = this.#call("ads", "sotw");
      const answered = new Promise<void>((resolve, reject) => {
        stream.on("data", () => resolve());
        stream.on("error", reject);
      });
      const typeUrl = "type.googleapis.com/steelyard.test.Barrier";
      const request = DiscoveryRequest.create({ node: { id: "barrier" }, typeUrl, resourceNames: ["x"] });
      stream.write(Buffer.from(DiscoveryRequest.encode(request).finish()));
      await answered;
      stream.on("error", () => undefined);
      stream.end();
    }
    await new Promise((resolve) => setImmediate(resolve)); // metrics are told once per turn
  }
}
