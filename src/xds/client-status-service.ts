// The client status discovery service (CSDS), from the server's point of view: per node and resource whether it was sent,
// accepted or refused, and why. It shows everybody's configuration to whoever may call it, so it is not added to a gRPC
// server unless its owner says so; of secrets it shows that they are there. Answers are bounded; a client that wants more names fewer nodes.

import { BinaryWriter } from "@bufbuild/protobuf/wire";
import {
  type handleUnaryCall,
  type Server,
  type ServerDuplexStream,
  type ServiceDefinition,
  status,
} from "@grpc/grpc-js";
import {
  ClientConfig,
  ClientStatusDiscoveryServiceService,
  ClientStatusRequest,
} from "../gen/envoy/service/status/v3/csds.js";
import { type ClientReport, clientConfig } from "./client-status.js";
import { matchesNode } from "./node-matcher.js";
import type { Resource } from "./resource.js";
import { invalidArgument, resourceExhausted, StreamError } from "./stream-error.js";
import { TYPE_URLS } from "./type-rules.js";

/** Encoded answer, bytes; those that ask must accept as much. */
const MAX_ANSWER_BYTES = 64 << 20;

interface ClientStatusSources {
  /** Whose clients, e.g. an XdsServer. */
  readonly server: { clients(): Iterable<ClientReport> };
  /** Content in force, e.g. the ResourceCache of that server. */
  readonly cache: { get(audience: string, typeUrl: string, name: string): Resource | undefined };
}

const passThrough = (bytes: Buffer): Buffer => bytes;
const BYTES = {
  requestDeserialize: passThrough,
  requestSerialize: passThrough,
  responseSerialize: passThrough,
  responseDeserialize: passThrough,
};
/** Messages stay bytes until the handler, so that a malformed one is INVALID_ARGUMENT. */
const SERVICE = {
  streamClientStatus: { ...ClientStatusDiscoveryServiceService.streamClientStatus, ...BYTES },
  fetchClientStatus: { ...ClientStatusDiscoveryServiceService.fetchClientStatus, ...BYTES },
} satisfies ServiceDefinition;

export class ClientStatusService {
  readonly serviceNames = ["envoy.service.status.v3.ClientStatusDiscoveryService"];
  readonly #sources: ClientStatusSources;

  constructor(sources: ClientStatusSources) {
    this.#sources = sources;
  }

  /** Adds both methods to a server, which stays the caller's. */
  addTo(server: Pick<Server, "addService">): void {
    const fetchClientStatus: handleUnaryCall<Buffer, Buffer> = (call, callback) => {
      try {
        callback(null, this.#answer(call.request));
      } catch (thrown) {
        callback(refusalOf(thrown));
      }
    };
    server.addService(SERVICE, {
      fetchClientStatus,
      streamClientStatus: (call: ServerDuplexStream<Buffer, Buffer>) => this.#serve(call),
    });
  }

  /** One answer per request; nothing is pushed. */
  #serve(call: ServerDuplexStream<Buffer, Buffer>): void {
    call.on("data", (bytes: Buffer) => {
      try {
        // A client that asks without reading is not read from either.
        if (!call.write(this.#answer(bytes))) {
          call.pause();
          call.once("drain", () => call.resume());
        }
      } catch (thrown) {
        call.emit("error", refusalOf(thrown));
      }
    });
    call.on("end", () => call.end());
    call.on("error", () => undefined); // the call is over, and nothing is kept for it
  }

  #answer(bytes: Buffer): Buffer {
    const { nodeMatchers, excludeResourceContents } = decode(bytes);
    const { server, cache } = this.#sources;
    const byNode = new Map<string, [ClientReport, ...ClientReport[]]>();
    for (const report of server.clients()) {
      if (!matchesNode(nodeMatchers, report.node)) continue;
      const known = byNode.get(report.node.id);
      if (known) known.push(report);
      else byNode.set(report.node.id, [report]);
    }
    const contentOf = (audience: string, typeUrl: string, name: string): Resource | undefined =>
      excludeResourceContents || typeUrl === TYPE_URLS.secret ? undefined : cache.get(audience, typeUrl, name);
    const configs: Uint8Array[] = [];
    let answerBytes = 0;
    for (const [, reports] of [...byNode].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const config = ClientConfig.encode(clientConfig(reports, contentOf)).finish();
      answerBytes += config.length;
      if (answerBytes > MAX_ANSWER_BYTES) {
        throw resourceExhausted(`more than ${MAX_ANSWER_BYTES} bytes: name fewer nodes, or exclude_resource_contents`);
      }
      configs.push(config);
    }
    return Buffer.from(response(configs));
  }
}

/** ClientStatusResponse has one field, `config = 1`. */
function response(configs: readonly Uint8Array[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const config of configs) writer.uint32((1 << 3) | 2).bytes(config);
  return writer.finish();
}

function decode(bytes: Buffer): ClientStatusRequest {
  try {
    return ClientStatusRequest.decode(bytes);
  } catch {
    throw invalidArgument("the request is not a valid protobuf message");
  }
}

function refusalOf(thrown: unknown): { readonly code: status; readonly details: string } {
  if (thrown instanceof StreamError) return { code: thrown.code, details: thrown.message };
  return { code: status.INTERNAL, details: "internal error" };
}
