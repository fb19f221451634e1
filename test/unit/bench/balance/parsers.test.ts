import { describe, expect, test } from "@jest/globals";
import { RequestEnd } from "../../../../bench/balance/backends/request-end.js";
import { NO_BACKEND, parseResponse } from "../../../../bench/balance/load/response-head.js";

const REQUEST = "GET / HTTP/1.1\r\nhost: adaptive\r\nx-request-id: 1\r\n\r\n";

describe("RequestEnd", () => {
  test("a request is whole at its empty line, wherever it was cut", () => {
    for (let cut = 1; cut < REQUEST.length; cut += 1) {
      const end = new RequestEnd();
      expect(end.completes(Buffer.from(REQUEST.slice(0, cut)))).toBe(false);
      expect(end.completes(Buffer.from(REQUEST.slice(cut)))).toBe(true);
    }
  });

  test("byte by byte, twice on the same connection", () => {
    const end = new RequestEnd();
    const bytes = [...Buffer.from(REQUEST + REQUEST)];
    const seen = bytes.map((byte) => end.completes(Buffer.of(byte)));
    expect(seen.flatMap((complete, at) => (complete ? [at + 1] : []))).toEqual([REQUEST.length, 2 * REQUEST.length]);
  });
});

describe("parseResponse", () => {
  const text = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\nserver: envoy\r\n\r\nb07";

  test("of a backend", () => {
    expect(parseResponse(text)).toEqual({ status: 200, backend: 7 });
  });

  test("is undefined for every beginning of it", () => {
    for (let cut = 0; cut < text.length; cut += 1) expect(parseResponse(text.slice(0, cut))).toBeUndefined();
  });

  test("of Envoy itself, which names no backend", () => {
    const local = "HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 24\r\n\r\nupstream request timeout";
    expect(parseResponse(local)).toEqual({ status: 504, backend: NO_BACKEND });
  });

  test.each([
    ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "not a response of this bench"],
    ["HTTP/2 200\r\ncontent-length: 0\r\n\r\n", "not a response of this bench"],
    [`${text}HTTP`, "4 bytes after a response"],
  ])("%j is refused", (wrong, message) => {
    expect(() => parseResponse(wrong)).toThrow(message);
  });
});
