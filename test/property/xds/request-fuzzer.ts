// Discovery requests as no client should send them: fields in any order, repeated, unknown, cut, overwritten, joined. Fast,
// so that a million of them take a minute, and the same for the same seed.
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import type { Rng } from "../../../src/runtime/rng.js";

const TEXTS = ["", "a", "b", "t", "u", "é", "\u0000", "x".repeat(130), "type.googleapis.com/x", "*"];

export class RequestFuzzer {
  readonly #rng: Rng;
  #last: Buffer = Buffer.alloc(0);

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  /** An acknowledgement, a request, or rubbish; some are the one before with a few changes. */
  next(): Buffer {
    const kind = this.#int(10);
    const message =
      kind < 6
        ? this.#acknowledgement()
        : kind < 7
          ? this.#fields()
          : kind < 9
            ? this.#mutated(this.#last)
            : this.#noise(this.#int(60));
    this.#last = message;
    return message;
  }

  #acknowledgement(): Buffer {
    const writer = new BinaryWriter();
    const name = this.#int(2) === 0 ? "a" : "b";
    writer.uint32(10).string(this.#text());
    for (let count = this.#int(2); count >= 0; count--) writer.uint32(26).string(name);
    writer
      .uint32(34)
      .string("t")
      .uint32(42)
      .string(String(this.#int(5)));
    return Buffer.from(writer.finish());
  }

  /** Fields 0 to 9 of any wire type, well formed by themselves. */
  #fields(): Buffer {
    const writer = new BinaryWriter();
    for (let count = this.#int(7); count > 0; count--) {
      const field = 1 + this.#int(9);
      switch (this.#int(8)) {
        case 0:
          writer.uint32(field << 3).uint32(this.#int(1 << 30));
          break;
        case 1:
          writer.uint32((field << 3) | 5).fixed32(this.#int(1 << 30));
          break;
        case 2:
          writer.uint32((field << 3) | 2).bytes(this.#noise(this.#int(20)));
          break;
        default:
          writer.uint32((field << 3) | 2).string(this.#text());
      }
    }
    return Buffer.from(writer.finish());
  }

  #mutated(message: Buffer): Buffer {
    const copy = Buffer.concat(this.#int(8) === 0 ? [message, message] : [message]);
    if (copy.length === 0) return this.#noise(5);
    for (let writes = this.#int(4); writes > 0; writes--) copy[this.#int(copy.length)] = this.#int(256);
    return this.#int(3) === 0 ? copy.subarray(0, this.#int(copy.length + 1)) : copy;
  }

  #noise(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; at++) bytes[at] = this.#int(256);
    return bytes;
  }

  #text(): string {
    return TEXTS[this.#int(TEXTS.length)] ?? "";
  }

  #int(below: number): number {
    return Math.floor(this.#rng.next() * below);
  }
}
