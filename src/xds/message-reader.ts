// Cuts the bytes of one HTTP/2 stream into gRPC messages: a flag, four bytes of length, the message. Owns the bound on
// what a client can make us hold before it has sent a whole request: the limit is on the announced length, and memory
// grows with what has arrived, not with what was announced.
import { status } from "@grpc/grpc-js";
import { resourceExhausted, StreamError } from "./stream-error.js";

const HEADER_BYTES = 5;
const NOTHING = Buffer.alloc(0);

export class MessageReader {
  readonly #maxMessageBytes: number;
  /** Beginning of a message whose rest has not arrived. */
  #held = NOTHING;
  #heldBytes = 0;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Did the bytes so far end within a message? */
  get truncated(): boolean {
    return this.#heldBytes > 0;
  }

  /**
   * Calls `onMessage` for each message that `chunk` completes. Messages are views, valid until `onMessage` returns.
   * @throws StreamError RESOURCE_EXHAUSTED (a message longer than the limit), INTERNAL (compressed, though no encoding
   *   was announced)
   */
  read(chunk: Buffer, onMessage: (message: Buffer) => void): void {
    const bytes = this.#heldBytes === 0 ? chunk : this.#append(chunk);
    let at = 0;
    for (let end = this.#endOfMessage(bytes, at); end <= bytes.length; end = this.#endOfMessage(bytes, at)) {
      onMessage(bytes.subarray(at + HEADER_BYTES, end));
      at = end;
    }
    this.#hold(bytes, at);
  }

  /** Infinity while the header is incomplete. */
  #endOfMessage(bytes: Buffer, at: number): number {
    if (bytes.length - at < HEADER_BYTES) return Number.POSITIVE_INFINITY;
    if (bytes[at] !== 0) throw new StreamError(status.INTERNAL, "a compressed message, but no grpc-encoding announced");
    const length = bytes.readUInt32BE(at + 1);
    if (length > this.#maxMessageBytes) {
      throw resourceExhausted(`request of ${length} bytes, the limit is ${this.#maxMessageBytes}`);
    }
    return at + HEADER_BYTES + length;
  }

  #append(chunk: Buffer): Buffer {
    const total = this.#heldBytes + chunk.length;
    if (total > this.#held.length) {
      const roomier = Buffer.allocUnsafeSlow(Math.max(total, 2 * this.#held.length));
      this.#held.copy(roomier, 0, 0, this.#heldBytes);
      this.#held = roomier;
    }
    chunk.copy(this.#held, this.#heldBytes);
    this.#heldBytes = total;
    return this.#held.subarray(0, total);
  }

  /** Keeps a copy of what is left: a view would keep the whole read buffer of the socket. */
  #hold(bytes: Buffer, from: number): void {
    const rest = bytes.length - from;
    if (rest === 0) this.#held = NOTHING;
    else if (from > 0 || this.#heldBytes === 0) this.#held = Buffer.from(bytes.subarray(from));
    this.#heldBytes = rest;
  }
}
