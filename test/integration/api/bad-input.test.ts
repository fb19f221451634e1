// What the network may send: foreign, broken, huge and hostile requests, each with its own code and pointer.
import { request as httpRequest } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ApiHarness, pointersOf, spec } from "./harness.js";

const A = "/v1/services/orders/instances/a";
let api: ApiHarness;

beforeAll(async () => {
  api = new ApiHarness();
  await api.start();
});

afterAll(() => api.stop());

describe("JSON", () => {
  test("malformed JSON names line, column and what was expected", async () => {
    const reply = await api.send("PUT", A, { raw: '{\n  "port": 80,\n  "address": oops\n}' });
    expect(pointersOf(reply, 400, "ERR_MALFORMED_JSON")).toEqual([]);
    expect(reply.body.detail).toBe("not JSON at line 3, column 14 (character 29): expected value");
  });

  test.each([
    ["nothing", ""],
    ["a cut-off body", '{"port": 80'],
    ["a trailing comma", '{"port": 80,}'],
    ["two values", "{} {}"],
    ["NaN", '{"port": NaN}'],
    ["single quotes", "{'port': 80}"],
  ])("%s is malformed", async (_name, raw) => {
    pointersOf(await api.send("PUT", A, { raw }), 400, "ERR_MALFORMED_JSON");
  });

  test("bytes that are not UTF-8 are malformed", async () => {
    pointersOf(
      await api.send("PUT", A, { raw: Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d) }),
      400,
      "ERR_MALFORMED_JSON",
    );
  });

  test.each([["[]"], ["null"], ["1"], ['"text"'], ["true"]])("%s is no object", async (raw) => {
    expect(pointersOf(await api.send("PUT", A, { raw }), 422, "ERR_INVALID_REQUEST")).toEqual([""]);
  });

  test("nesting is bounded, however deep", async () => {
    const deep = (levels: number): string => `${'{"settings":'.repeat(levels)}1${"}".repeat(levels)}`;
    pointersOf(await api.send("PUT", "/v1/services/orders", { raw: deep(40) }), 422, "ERR_INVALID_REQUEST");
    pointersOf(await api.send("PUT", A, { raw: "[".repeat(60_000) }), 400, "ERR_MALFORMED_JSON");
  });
});

describe("fields", () => {
  test("foreign JSON is refused field by field", async () => {
    const reply = await api.put(A, { Name: "web", Address: "10.0.0.1", Port: 80, Check: {} });
    expect(pointersOf(reply, 422, "ERR_INVALID_REQUEST").toSorted()).toEqual([
      "/Address",
      "/Check",
      "/Name",
      "/Port",
      "/address",
      "/port",
    ]);
  });

  test.each([
    ["/port", { port: 0 }],
    ["/port", { port: 65_536 }],
    ["/port", { port: "80" }],
    ["/port", { port: 80.5 }],
    ["/weight", { weight: 0 }],
    ["/weight", { weight: 65_536 }],
    ["/weight", { weight: -1 }],
    ["/address", { address: "backend.example" }],
    ["/address", { address: "0.0.0.0" }],
    ["/address", { address: "224.0.0.1" }],
    ["/priority", { priority: 129 }],
    ["/ttlSeconds", { ttlSeconds: 1 }],
    ["/locality/zones", { locality: { zones: "a" } }],
    ["/metadata/a b", { metadata: { "a b": "x" } }],
    ["/metadata/a~1b~0", { metadata: { "a/b~": "x" } }],
    ["/status", { status: "up" }],
    ["/hostname", { hostname: "a b" }],
  ])("%s is named by its pointer (%j)", async (pointer, over) => {
    expect(pointersOf(await api.put(A, spec(over)), 422, "ERR_INVALID_REQUEST")).toEqual([pointer]);
  });

  test("__proto__ is refused and pollutes nothing", async () => {
    for (const [raw, pointer] of [
      ['{"address":"10.0.0.1","port":1,"__proto__":{"weight":9}}', "/__proto__"],
      ['{"address":"10.0.0.1","port":1,"metadata":{"__proto__":"x"}}', "/metadata/__proto__"],
    ] as const) {
      expect(pointersOf(await api.send("PUT", A, { raw }), 422, "ERR_INVALID_REQUEST")).toEqual([pointer]);
    }
    expect(({} as { weight?: number }).weight).toBeUndefined();
    expect(
      (
        await api.put(
          "/v1/services/orders/instances/p",
          spec({ port: 7, metadata: { constructor: "c", toString: "t" } }),
        )
      ).body.metadata,
    ).toEqual({ constructor: "c", toString: "t" });
  });

  test("numbers that would be rounded or overflow are refused", async () => {
    for (const literal of ["9007199254740993", "-9007199254740993", "1e400"]) {
      const reply = await api.send("PUT", "/v1/services/orders", { raw: `{"settings":{"x":[0,${literal}]}}` });
      expect(pointersOf(reply, 422, "ERR_INVALID_REQUEST")).toEqual(["/settings/x/1"]);
    }
  });

  test("lone surrogates are refused, pairs are not", async () => {
    const raw = (value: string): string => `{"address":"10.0.0.9","port":1,"metadata":{"k":"${value}"}}`;
    expect(pointersOf(await api.send("PUT", A, { raw: raw("\\ud83d") }), 422, "ERR_INVALID_REQUEST")).toEqual([
      "/metadata/k",
    ]);
    expect((await api.send("PUT", A, { raw: raw("\\ud83d\\ude00") })).body.metadata.k).toBe("😀");
  });

  test("names in the path are checked", async () => {
    expect(pointersOf(await api.put("/v1/services/Orders/instances/a", spec()), 422, "ERR_INVALID_REQUEST")).toEqual([
      "/service",
    ]);
    expect(
      pointersOf(await api.put("/v1/services/orders/instances/a%20b", spec()), 422, "ERR_INVALID_REQUEST"),
    ).toEqual(["/id"]);
    pointersOf(await api.put("/v1/services/orders/instances/%ff", spec()), 422, "ERR_INVALID_REQUEST");
    expect((await api.put("/v1/services/orders/instances/x:1@y._-", spec({ port: 6 }))).status).toBe(201);
  });
});

describe("bodies", () => {
  test("only JSON, only UTF-8, only uncompressed", async () => {
    const raw = JSON.stringify(spec());
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "application/json; charset=latin1",
      "application/jsonp",
      "",
    ]) {
      pointersOf(
        await api.send("PUT", A, { raw, headers: { "content-type": type } }),
        415,
        "ERR_UNSUPPORTED_MEDIA_TYPE",
      );
    }
    const zipped = await api.send("PUT", A, { raw: gzipSync(raw), headers: { "content-encoding": "gzip" } });
    pointersOf(zipped, 415, "ERR_UNSUPPORTED_MEDIA_TYPE");
    expect(
      (await api.send("PUT", A, { raw, headers: { "content-type": "application/json;charset=UTF-8" } })).status,
    ).toBe(200);
  });

  test("over 64 KiB is too large, for a batch over 1 MiB", async () => {
    const padded = (bytes: number): string => `{"pad":"${"x".repeat(bytes)}"}`;
    pointersOf(await api.send("PUT", A, { raw: padded(65_536) }), 413, "ERR_PAYLOAD_TOO_LARGE");
    pointersOf(await api.send("PUT", A, { raw: padded(65_000) }), 422, "ERR_INVALID_REQUEST");
    pointersOf(await api.send("POST", "/v1/heartbeats", { raw: padded(65_536) }), 422, "ERR_INVALID_REQUEST");
    pointersOf(await api.send("POST", "/v1/heartbeats", { raw: padded(1_048_576) }), 413, "ERR_PAYLOAD_TOO_LARGE");
  });
});

describe("paths and callers", () => {
  test("unknown paths and methods", async () => {
    pointersOf(await api.get("/v2/services"), 404, "ERR_NOT_FOUND");
    pointersOf(await api.get("/v1/services/"), 404, "ERR_NOT_FOUND");
    const reply = await api.send("POST", A, { body: {} });
    pointersOf(reply, 405, "ERR_METHOD_NOT_ALLOWED");
    expect(reply.headers.get("allow")).toBe("PUT, PATCH, DELETE, GET, HEAD");
  });

  test("unknown query parameters are refused, also where there are none", async () => {
    await api.put(A, spec());
    expect(pointersOf(await api.get(`${A}?verbose=1`), 422, "ERR_INVALID_REQUEST")).toEqual(["/query/verbose"]);
    expect(pointersOf(await api.get("/v1/services?limit=0&x=1"), 422, "ERR_INVALID_REQUEST").toSorted()).toEqual([
      "/query/limit",
      "/query/x",
    ]);
    expect(pointersOf(await api.put(`${A}/heartbeat?ttl=9`, {}), 422, "ERR_INVALID_REQUEST")).toEqual(["/query/ttl"]);
  });

  test("a harmless request id is kept, any other replaced", async () => {
    expect((await api.get("/v1/services", { "x-request-id": "abc-1" })).headers.get("x-request-id")).toBe("abc-1");
    const reply = await api.get("/v1/nope", { "x-request-id": "<script>" });
    expect(reply.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(reply.body.requestId).toBe(reply.headers.get("x-request-id"));
  });

  test.each([
    ["evil.example", 403],
    ["127.0.0.1.evil.example", 403],
    ["10.0.0.1:18080", 403],
    ["localhost:18080", 200],
    ["127.9.9.9", 200],
    ["[::1]:18080", 200],
  ])("Host %j answers %i", async (host, status) => {
    expect(await statusWith({ host })).toBe(status);
  });

  test("pages of other sites cannot call, not even without a body", async () => {
    expect(await statusWith({ "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await statusWith({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" })).toBe(200);
    expect(await statusWith({ "sec-fetch-site": "same-origin" })).toBe(200);
    expect(await statusWith({ origin: "http://evil.example" })).toBe(403);
    expect(await statusWith({ origin: "null" })).toBe(403);
    expect(await statusWith({ origin: api.url })).toBe(200);
    expect(
      await statusWith({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }, "POST", `${A}/drain`),
    ).toBe(403);
  });

  test("a defect answers 500 without telling what it is", async () => {
    const { nodes } = api;
    Object.defineProperty(api, "nodes", {
      configurable: true,
      get: () => {
        throw new TypeError("secret detail");
      },
    });
    const reply = await api.get("/v1/nodes");
    Object.defineProperty(api, "nodes", { configurable: true, writable: true, value: nodes });
    pointersOf(reply, 500, "ERR_INTERNAL");
    expect(JSON.stringify(reply.body)).not.toContain("secret");
    expect(reply.body.detail).toContain(reply.body.requestId);
  });

  test("a store that is down refuses registrations and asks to come back", async () => {
    api.store.failure = "ERR_STORE_UNAVAILABLE";
    const reply = await api.put(A, spec({ port: 77 }));
    pointersOf(reply, 503, "ERR_STORE_UNAVAILABLE");
    expect(reply.headers.get("retry-after")).toBe("1");
    expect(reply.body.retryAfterMs).toBe(1_000);
    api.store.failure = "ERR_STORE_FULL";
    pointersOf(await api.put(A, spec({ port: 77 })), 507, "ERR_STORE_FULL");
    api.store.failure = undefined;
  });
});

/** fetch forbids setting these headers, so this goes through node:http. */
function statusWith(headers: Record<string, string>, method = "GET", path = "/v1/services"): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(api.url + path, { method, headers, agent: false }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
    });
    request.on("error", reject);
    request.end();
  });
}
