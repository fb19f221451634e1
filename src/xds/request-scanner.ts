// Reads the usual acknowledgement without decoding it. A state-of-the-world request repeats all names of its type, so with
// one assignment per response the cost of decoding would grow with the square of the clusters. Here the bytes of the names
// are compared with those of the type's last request; everything that is not a plain acknowledgement goes to the full
// decoder. Invariant: what it accepts, it reads exactly as the full decoder would.
import { contentVersion } from "./content-hash.js";

/** Fields of envoy.service.discovery.v3.DiscoveryRequest. */
const FIELD = { versionInfo: 1, resourceNames: 3, typeUrl: 4, responseNonce: 5 } as const;

interface Scan {
  readonly typeUrl: string;
  readonly nonce: string;
  /** Bytes from the first name's tag to the end of the last. */
  readonly names: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** `undefined`: not a plain request, decode it. */
export function scanSotw(bytes: Uint8Array): Scan | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let typeUrl: string | undefined;
  let nonce: string | undefined;
  let version = false;
  let namesFrom = -1;
  let namesTo = -1;
  for (let at = 0; at < view.length; ) {
    const start = at;
    const tag = view[at++] ?? 0;
    let length = 0;
    let scale = 1;
    for (let byte = 0x80; byte >= 0x80; scale *= 128) {
      if (at >= view.length || scale > 1 << 21) return undefined; // truncated, or longer than any request
      byte = view[at++] ?? 0;
      length += (byte & 0x7f) * scale;
    }
    const end = at + length;
    if ((tag & 0x87) !== 2 || end > view.length) return undefined;
    switch (tag >>> 3) {
      case FIELD.versionInfo:
        if (version) return undefined;
        version = true;
        break;
      case FIELD.resourceNames:
        if (namesTo !== start && namesFrom >= 0) return undefined;
        if (namesFrom < 0) namesFrom = start;
        namesTo = end;
        break;
      case FIELD.typeUrl:
        if (typeUrl !== undefined) return undefined;
        typeUrl = view.toString("utf8", at, end);
        break;
      case FIELD.responseNonce:
        if (nonce !== undefined) return undefined;
        nonce = view.toString("utf8", at, end);
        break;
      default:
        return undefined; // a node, an error, or something we do not know
    }
    at = end;
  }
  return {
    typeUrl: typeUrl ?? "",
    nonce: nonce ?? "",
    names: namesFrom < 0 ? NOTHING : view.subarray(namesFrom, namesTo),
  };
}

/** Longer lists are remembered by their hash: thousands of clients may each name thousands of resources. */
const KEPT_BYTES = 512;

/** Remembers, per type of one stream, which names its last request held. */
export class NamesMemory {
  readonly #last = new Map<string, Uint8Array | string>();

  /** Are these the names of the type's last request? Remembers them either way. */
  same(typeUrl: string, names: Uint8Array): boolean {
    const last = this.#last.get(typeUrl);
    if (names.length > KEPT_BYTES) {
      const key = `${names.length}:${contentVersion(names)}`;
      if (last === key) return true;
      this.#last.set(typeUrl, key);
      return false;
    }
    if (last instanceof Uint8Array && Buffer.compare(last, names) === 0) return true;
    this.#last.set(typeUrl, new Uint8Array(names)); // a copy: `slice` of a Buffer is a view
    return false;
  }

  forget(typeUrl: string): void {
    this.#last.delete(typeUrl);
  }
}
