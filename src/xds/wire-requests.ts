// Bytes to requests: the only place where the engine decodes what a client sent. Everything is checked against the limits
// here, so that sessions never see an unbounded list.
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { Node } from "../gen/envoy/config/core/v3/base.js";
import * as proto from "../gen/envoy/service/discovery/v3/discovery.js";
import type { Status } from "../gen/google/rpc/status.js";
import type { XdsLimits } from "./limits.js";
import { isLong, NamesMemory } from "./names-memory.js";
import { refusalText, secretRefusalText } from "./refusal-text.js";
import type { DeltaRequest, RefusalError, SotwRequest } from "./request.js";
import { type SotwScan, scanDelta, scanSotw } from "./request-scanner.js";
import { RecentNames, SharedNames } from "./shared-names.js";
import { invalidArgument, resourceExhausted } from "./stream-error.js";
import { TYPE_URLS } from "./type-rules.js";

export interface Decoded<R> {
  readonly request: R;
  readonly node: Node | undefined;
}

export interface DecodeContext {
  /** Type of a per-type service; `undefined` on the aggregated one. */
  readonly onlyType: string | undefined;
  readonly limits: XdsLimits;
  /** Milliseconds since the Unix epoch, for what is shown to people. */
  readonly wallMs: number;
}

/** Reads the requests of one stream, in their order. */
export type RequestDecoder<R> = (bytes: Uint8Array, context: DecodeContext) => Decoded<R>;

/**
 * A decoder that does not read a list of names again which is the same as in the type's last request, nor a long one that
 * is among `recent`.
 */
export function sotwDecoder(recent: RecentNames = new RecentNames()): RequestDecoder<SotwRequest> {
  const memory = new NamesMemory();
  return (bytes, context) => {
    const scan = bytes.length <= context.limits.maxRequestBytes ? scanSotw(bytes, recent) : undefined;
    const node = scan && readNode(bytes, scan);
    if (!scan || node === "unusual") {
      const decoded = decodeSotw(bytes, context);
      memory.forget(decoded.request.typeUrl);
      return decoded;
    }
    const typeUrl = checkedType(scan.typeUrl, context);
    let names: SotwRequest["names"];
    if (!memory.same(typeUrl, bytes, scan)) {
      names = isLong(scan) ? longNames(bytes, scan, context, recent) : listOf(bytes, scan, context);
      if (names instanceof SharedNames) memory.keep(names);
    }
    return { node, request: { typeUrl, nonce: scan.nonce, error: undefined, names } };
  };
}

/** `unusual`: a node that does not end where it says. */
function readNode(bytes: Uint8Array, { nodeFrom, nodeTo }: SotwScan): Node | undefined | "unusual" {
  if (nodeTo === 0) return undefined;
  const reader = new BinaryReader(bytes);
  reader.pos = nodeFrom;
  try {
    const node = Node.decode(reader, nodeTo - nodeFrom);
    return reader.pos === nodeTo ? node : "unusual";
  } catch {
    return "unusual";
  }
}

function longNames(bytes: Uint8Array, scan: SotwScan, context: DecodeContext, recent: RecentNames): SharedNames {
  const known = scan.list ?? recent.find(bytes, scan.namesFrom, scan.namesTo);
  if (known) return known;
  const list = new SharedNames(
    listOf(bytes, scan, context),
    new Uint8Array(bytes.subarray(scan.namesFrom, scan.namesTo)),
  );
  recent.add(list);
  return list;
}

function listOf(bytes: Uint8Array, { namesFrom, namesTo }: SotwScan, context: DecodeContext): readonly string[] {
  const { resourceNames } = decode(
    () => proto.DiscoveryRequest.decode(bytes.subarray(namesFrom, namesTo)),
    bytes,
    context,
  );
  checkNames(resourceNames, context.limits);
  return resourceNames;
}

interface FullRequest extends SotwRequest {
  readonly names: readonly string[];
}

/** @throws StreamError INVALID_ARGUMENT (malformed, no or foreign type) or RESOURCE_EXHAUSTED (limits) */
export function decodeSotw(bytes: Uint8Array, context: DecodeContext): Decoded<FullRequest> {
  const message = decode(() => proto.DiscoveryRequest.decode(bytes), bytes, context);
  const typeUrl = checkedType(message.typeUrl, context);
  checkNames(message.resourceNames, context.limits);
  const error = refusal(message.errorDetail, typeUrl, context.wallMs);
  return {
    node: message.node,
    request: { typeUrl, nonce: message.responseNonce, error, names: message.resourceNames },
  };
}

const NO_NAMES: readonly string[] = [];
const NO_VERSIONS: ReadonlyMap<string, string> = new Map();

/** As `decodeDelta`, but plain acknowledgements are not decoded. */
export function readDelta(bytes: Uint8Array, context: DecodeContext): Decoded<DeltaRequest> {
  const scan = bytes.length <= context.limits.maxRequestBytes ? scanDelta(bytes) : undefined;
  if (scan) {
    const typeUrl = checkedType(scan.typeUrl, context);
    const { nonce } = scan;
    const nothing = { subscribe: NO_NAMES, unsubscribe: NO_NAMES, initialVersions: NO_VERSIONS };
    return { node: undefined, request: { typeUrl, nonce, error: undefined, ...nothing } };
  }
  return decodeDelta(bytes, context);
}

/** @throws as `decodeSotw` */
export function decodeDelta(bytes: Uint8Array, context: DecodeContext): Decoded<DeltaRequest> {
  const message = decode(() => proto.DeltaDiscoveryRequest.decode(bytes), bytes, context);
  const typeUrl = checkedType(message.typeUrl, context);
  const initialVersions = new Map(Object.entries(message.initialResourceVersions));
  checkNames(message.resourceNamesSubscribe, context.limits);
  checkNames(message.resourceNamesUnsubscribe, context.limits);
  checkNames([...initialVersions.keys()], context.limits);
  checkNames([...initialVersions.values()], context.limits);
  const request: DeltaRequest = {
    typeUrl,
    nonce: message.responseNonce,
    error: refusal(message.errorDetail, typeUrl, context.wallMs),
    subscribe: message.resourceNamesSubscribe,
    unsubscribe: message.resourceNamesUnsubscribe,
    initialVersions,
  };
  return { request, node: message.node };
}

function decode<T>(read: () => T, bytes: Uint8Array, { limits }: DecodeContext): T {
  if (bytes.length > limits.maxRequestBytes) {
    throw resourceExhausted(`request of ${bytes.length} bytes, the limit is ${limits.maxRequestBytes}`);
  }
  try {
    return read();
  } catch {
    throw invalidArgument("the request is not a valid protobuf message");
  }
}

function checkedType(typeUrl: string, { onlyType, limits }: DecodeContext): string {
  if (onlyType !== undefined) {
    if (typeUrl !== "" && typeUrl !== onlyType) throw invalidArgument(`this service serves ${onlyType} only`);
    return onlyType;
  }
  if (typeUrl === "") throw invalidArgument("an aggregated request needs a type_url");
  if (tooLong(typeUrl, limits)) throw resourceExhausted(`type_url longer than ${limits.maxNameBytes} bytes`);
  return typeUrl;
}

function checkNames(names: readonly string[], limits: XdsLimits): void {
  if (names.length > limits.maxNamesPerRequest) {
    throw resourceExhausted(`${names.length} names in a request, the limit is ${limits.maxNamesPerRequest}`);
  }
  if (names.some((name) => tooLong(name, limits))) {
    throw resourceExhausted(`a resource name is longer than ${limits.maxNameBytes} bytes`);
  }
}

/** A UTF-16 unit is at most 3 bytes of UTF-8: short names need no count. */
const tooLong = (text: string, { maxNameBytes }: XdsLimits): boolean =>
  text.length * 3 > maxNameBytes && Buffer.byteLength(text) > maxNameBytes;

function refusal(detail: Status | undefined, typeUrl: string, atMs: number): RefusalError | undefined {
  if (!detail) return undefined;
  const message = (typeUrl === TYPE_URLS.secret ? secretRefusalText : refusalText)(detail.message);
  return { ...(detail.code === 0 ? {} : { code: detail.code }), message, atMs };
}
