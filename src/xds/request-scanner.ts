// Finds the parts of the usual request without decoding it. A state-of-the-world request repeats all names of its type, so
// with one assignment per response the cost of decoding would grow with the square of the clusters. Here it is found out
// where the names are, so that their bytes can be compared with names that were read before; a request that says anything
// unusual goes to the full decoder. Invariant: what it accepts, it reads exactly as the full decoder would.
import type { RecentNames, SharedNames } from "./shared-names.js";
import { TYPE_URLS } from "./type-rules.js";

/** Fields of envoy.service.discovery.v3.DiscoveryRequest and DeltaDiscoveryRequest. */
const SOTW = { versionInfo: 1, node: 2, resourceNames: 3, typeUrl: 4, responseNonce: 5 } as const;
const DELTA = { typeUrl: 2, responseNonce: 6 } as const;

interface Scan {
  readonly typeUrl: string;
  readonly nonce: string;
}

export interface SotwScan extends Scan {
  /** Where the names are: from the first one's tag to the end of the last. */
  readonly namesFrom: number;
  readonly namesTo: number;
  /** The list that the names are, if it was found on the way; it may be among the recent ones all the same. */
  readonly list: SharedNames | undefined;
  /** Content of the node; both 0 when there is none. */
  readonly nodeFrom: number;
  readonly nodeTo: number;
}

/** `undefined`: not a plain request, decode it. Names that are among `recent` are stepped over, all at once. */
export function scanSotw(bytes: Uint8Array, recent: RecentNames): SotwScan | undefined {
  const fields = new FieldReader(bytes);
  let typeUrl: string | undefined;
  let nonce: string | undefined;
  let version = false;
  let namesFrom = 0;
  let namesTo = 0;
  let list: SharedNames | undefined;
  let nodeFrom = 0;
  let nodeTo = 0;
  while (fields.next()) {
    switch (fields.number) {
      case SOTW.versionInfo:
        if (version) return undefined;
        version = true;
        break;
      case SOTW.node:
        if (nodeTo > 0) return undefined;
        nodeFrom = fields.from;
        nodeTo = fields.to;
        break;
      case SOTW.resourceNames:
        if (namesTo === 0) {
          namesFrom = fields.start;
          list = recent.startingAt(bytes, namesFrom);
          if (list) fields.to = namesFrom + list.encoded.length;
        } else if (namesTo !== fields.start) return undefined;
        else list = undefined; // it was the beginning of another
        namesTo = fields.to;
        break;
      case SOTW.typeUrl:
        if (typeUrl !== undefined) return undefined;
        typeUrl = fields.type();
        break;
      case SOTW.responseNonce:
        if (nonce !== undefined) return undefined;
        nonce = fields.text();
        break;
      default:
        return undefined; // an error, or something we do not know
    }
  }
  if (!fields.whole) return undefined;
  return { typeUrl: typeUrl ?? "", nonce: nonce ?? "", namesFrom, namesTo, list, nodeFrom, nodeTo };
}

/** `undefined`: says more than that a response was accepted, decode it. */
export function scanDelta(bytes: Uint8Array): Scan | undefined {
  const fields = new FieldReader(bytes);
  let typeUrl: string | undefined;
  let nonce: string | undefined;
  while (fields.next()) {
    if (fields.number === DELTA.typeUrl && typeUrl === undefined) typeUrl = fields.type();
    else if (fields.number === DELTA.responseNonce && nonce === undefined) nonce = fields.text();
    else return undefined;
  }
  return fields.whole ? { typeUrl: typeUrl ?? "", nonce: nonce ?? "" } : undefined;
}

const KNOWN_TYPES = Object.values(TYPE_URLS).map((text) => ({ text, bytes: Buffer.from(text) }));

/** Walks along the length-delimited fields of a message whose tags and lengths are written the short way. */
class FieldReader {
  readonly #bytes: Buffer;
  /** Of the current field: its number, where its tag, its content begins and where it ends. */
  number = 0;
  start = 0;
  from = 0;
  to = 0;
  #broken = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Was everything read? */
  get whole(): boolean {
    return !this.#broken;
  }

  next(): boolean {
    const bytes = this.#bytes;
    let at = this.to;
    if (at >= bytes.length) return false;
    this.start = at;
    const tag = bytes[at++] ?? 0;
    let length = 0;
    let scale = 1;
    for (let byte = 0x80; byte >= 0x80; scale *= 128) {
      if (at >= bytes.length || scale > 1 << 21) return this.#stop(); // truncated, or longer than any request
      byte = bytes[at++] ?? 0;
      length += (byte & 0x7f) * scale;
    }
    this.number = tag >>> 3;
    this.from = at;
    this.to = at + length;
    return ((tag & 0x87) === 2 && this.to <= bytes.length) || this.#stop();
  }

  text(): string {
    return this.#bytes.toString("utf8", this.from, this.to);
  }

  /** As `text`; of a well-known type the same string every time, so that nobody hashes it again. */
  type(): string {
    for (const { text, bytes } of KNOWN_TYPES) if (equals(bytes, this.#bytes, this.from, this.to)) return text;
    return this.text();
  }

  #stop(): false {
    this.#broken = true;
    return false;
  }
}

function equals(known: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (known.length !== to - from) return false;
  for (let at = 0; at < known.length; at++) if (known[at] !== bytes[from + at]) return false;
  return true;
}
