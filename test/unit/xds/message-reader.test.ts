import { describe, expect, test } from "@jest/globals";
import { array, assert, nat, property, uint8Array } from "fast-check";
import { MessageReader } from "../../../src/xds/message-reader.js";

const frame = (message: Uint8Array, flag = 0): Buffer => {
  const header = Buffer.from([flag, 0, 0, 0, 0]);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
};

const read = (reader: MessageReader, ...chunks: readonly Buffer[]): string[] => {
  const messages: string[] = [];
  for (const chunk of chunks) reader.read(chunk, (message) => messages.push(message.toString("hex")));
  return messages;
};

describe("MessageReader", () => {
  test("finds the same messages wherever the bytes are cut", () => {
    assert(
      property(
        array(uint8Array({ maxLength: 40 }), { maxLength: 8 }),
        array(nat({ max: 30 }), { minLength: 1, maxLength: 20 }),
        (messages, steps) => {
          const bytes = Buffer.concat(messages.map((message) => frame(message)));
          const chunks: Buffer[] = [];
          for (let at = 0, step = 0; at < bytes.length; step++) {
            const end = Math.min(bytes.length, at + 1 + (steps[step % steps.length] ?? 0));
            chunks.push(Buffer.from(bytes.subarray(at, end)));
            at = end;
          }
          const reader = new MessageReader(64);
          expect(read(reader, ...chunks)).toEqual(messages.map((message) => Buffer.from(message).toString("hex")));
          expect(reader.truncated).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("keeps nothing of the buffer that a beginning came in", () => {
    const reader = new MessageReader(64);
    const whole = frame(Buffer.from("0102030405", "hex"));
    const first = Buffer.from(whole.subarray(0, 7));
    expect(read(reader, first)).toEqual([]);
    expect(reader.truncated).toBe(true);
    first.fill(0xff);
    expect(read(reader, whole.subarray(7))).toEqual(["0102030405"]);
    expect(reader.truncated).toBe(false);
  });

  test("refuses a message by its announced length, before it has arrived", () => {
    const reader = new MessageReader(64);
    expect(() => read(reader, frame(Buffer.alloc(65)).subarray(0, 5))).toThrow("request of 65 bytes, the limit is 64");
    expect(read(new MessageReader(64), frame(Buffer.alloc(64)))).toHaveLength(1);
  });

  test("refuses a compressed message", () => {
    expect(() => read(new MessageReader(64), frame(Buffer.alloc(3), 1))).toThrow("no grpc-encoding announced");
  });
});
