// Versions are hashes of content, never counters: a restarted server or another replica gives the same content the same
// version, so a reconnecting client is told nothing new, and no client ever keeps old content under a reused number.
// The WebAssembly is compiled once, when the module is loaded.
import xxhash from "xxhash-wasm";

const hasher = await xxhash();

const MASK = 0xffff_ffff_ffff_ffffn;

const hex = (hash: bigint): string => hash.toString(16).padStart(16, "0");

/** xxh64 of the bytes, 16 hexadecimal digits. */
export function contentVersion(bytes: Uint8Array): string {
  return hex(hasher.h64Raw(bytes));
}

/** Hash of one member of a set. */
export function fingerprint(name: string, version: string): bigint {
  return hasher.h64(`${name}\u0000${version}`);
}

/**
 * Hash of a set of named contents, maintained in O(1) per change: the sum modulo 2^64 of its members' fingerprints, so
 * the order of insertion does not matter.
 */
export class SetHash {
  #sum = 0n;

  add(member: bigint): void {
    this.#sum = (this.#sum + member) & MASK;
  }

  remove(member: bigint): void {
    this.#sum = (this.#sum - member) & MASK;
  }

  /** 16 hexadecimal digits; all zero for the empty set. */
  get version(): string {
    return hex(this.#sum);
  }
}
