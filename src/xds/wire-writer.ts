// Protobuf by hand into one exactly sized buffer. The hot path splices resource bytes that are encoded already, which
// generated encoders cannot do without copying them twice.

const varintSize = (value: number): number => {
  let size = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) size++;
  return size;
};

/** Size of a length-delimited field (field number 1 to 15): tag, length, content. 0 when empty, as proto3 omits it. */
export function fieldSize(contentBytes: number): number {
  return contentBytes === 0 ? 0 : messageFieldSize(contentBytes);
}

/** As `fieldSize`, for a message or a repeated field: present also when its content is empty. */
export function messageFieldSize(contentBytes: number): number {
  return 1 + varintSize(contentBytes) + contentBytes;
}

export class WireWriter {
  readonly buffer: Buffer;
  #at: number;

  constructor(totalBytes: number, startAt = 0) {
    this.buffer = Buffer.allocUnsafe(totalBytes);
    this.#at = startAt;
  }

  /** Tag and length of a length-delimited field. */
  open(field: number, contentBytes: number): void {
    this.buffer[this.#at++] = (field << 3) | 2;
    let rest = contentBytes;
    while (rest > 0x7f) {
      this.buffer[this.#at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.buffer[this.#at++] = rest;
  }

  text(field: number, value: string, valueBytes: number): void {
    if (valueBytes === 0) return;
    this.open(field, valueBytes);
    this.content(value);
  }

  /** Content of a field that `open` began. */
  content(value: string): void {
    this.#at += this.buffer.write(value, this.#at, "utf8");
  }

  bytes(field: number, value: Uint8Array): void {
    if (value.length === 0) return;
    this.open(field, value.length);
    this.buffer.set(value, this.#at);
    this.#at += value.length;
  }
}
