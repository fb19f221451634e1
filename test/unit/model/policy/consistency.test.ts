import { describe, expect, test } from "@jest/globals";
import { bindPolicy } from "../../../../src/balancers/registry.js";
import { SteelyardError } from "../../../../src/model/errors.js";
import { checkConsistency } from "../../../../src/model/policy/consistency.js";
import { servicePolicySchema } from "../../../../src/model/service.js";

/** What is said of a policy, by pointer. */
function complaints(given: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const policy = servicePolicySchema.parse(given);
  try {
    checkConsistency(policy, bindPolicy(policy).enforcement);
    return {};
  } catch (thrown) {
    const { code, errors } = SteelyardError.from(thrown);
    expect(code).toBe("ERR_INVALID_REQUEST");
    return Object.fromEntries(errors.map(({ pointer, detail }) => [pointer, detail]));
  }
}

const hashing = (...hashPolicy: unknown[]) => ({ algorithm: "consistent-hash", hashPolicy });

test("the default policy is consistent", () => {
  expect(complaints({})).toEqual({});
});

describe("hashPolicy", () => {
  test.each(["maglev", "ring"])("is needed where the algorithm hashes (%s)", (table) => {
    const errors = complaints({ algorithm: "consistent-hash", settings: { table } });
    expect(Object.keys(errors)).toEqual(["/hashPolicy"]);
    expect(errors["/hashPolicy"]).toMatch(/^algorithm consistent-hash hashes a key: say where/);
  });

  test("is refused where it does not", () => {
    const errors = complaints({ algorithm: "round-robin", hashPolicy: [{ sourceIp: true }] });
    expect(errors).toEqual({ "/hashPolicy": "algorithm round-robin does not hash" });
  });

  test("places that may have no key may follow each other, and the last may be sure", () => {
    const places = [{ header: "x-user" }, { cookie: "c" }, { queryParameter: "q" }];
    expect(complaints(hashing(...places, { sourceIp: true }))).toEqual({});
    expect(complaints(hashing(...places, { cookie: "c", ttlMs: 1_000, path: "/" }))).toEqual({});
  });

  test.each([{ sourceIp: true }, { cookie: "c", ttlMs: 1_000 }])("nothing may follow %j", (sure) => {
    const errors = complaints(hashing({ header: "x-user" }, sure, { header: "a" }, { queryParameter: "b" }));
    expect(Object.keys(errors)).toEqual(["/hashPolicy/2", "/hashPolicy/3"]);
  });

  test("the path is that of a cookie which Envoy sets", () => {
    expect(complaints(hashing({ cookie: "c", path: "/" }))).toEqual({
      "/hashPolicy/0/path": "without ttlMs Envoy sets no cookie",
    });
  });

  test.each(["tcp", { tcp: { port: 9_000 } }])("of connections (%j) can only be where they come from", (protocol) => {
    expect(complaints({ protocol, ...hashing({ sourceIp: true }) })).toEqual({});
    expect(Object.keys(complaints({ protocol, ...hashing({ header: "x-user" }, { cookie: "c" }) }))).toEqual([
      "/hashPolicy/0",
      "/hashPolicy/1",
    ]);
  });
});

describe("retry", () => {
  const on = ["connect-failure", "reset"];

  test("a time limit per try needs a condition that it can meet, and to be below that of the request", () => {
    const limited = { perTryTimeoutMs: 500, on };
    expect(complaints({ retry: limited })).toEqual({});
    expect(Object.keys(complaints({ retry: { perTryTimeoutMs: 500 } }))).toEqual(["/retry/perTryTimeoutMs"]);
    expect(complaints({ retry: limited, timeouts: { requestMs: 500 } })).toEqual({
      "/retry/perTryTimeoutMs": "must be less than timeouts.requestMs, 500",
    });
    expect(complaints({ retry: limited, timeouts: { requestMs: 0 } })).toEqual({});
  });

  test("status codes and their condition go together", () => {
    expect(complaints({ retry: { statusCodes: [429, 503] } })).toEqual({});
    expect(complaints({ retry: { on } })).toEqual({});
    expect(Object.keys(complaints({ retry: { on, statusCodes: [429] } }))).toEqual(["/retry/statusCodes"]);
    expect(Object.keys(complaints({ retry: { statusCodes: [] } }))).toEqual(["/retry/statusCodes"]);
  });
});

test("everything that is wrong is told at once", () => {
  expect(Object.keys(complaints({ algorithm: "consistent-hash", retry: { perTryTimeoutMs: 500 } }))).toEqual([
    "/hashPolicy",
    "/retry/perTryTimeoutMs",
  ]);
});

test("orca is refused where connections are passed on as they are", () => {
  expect(complaints({ protocol: "http2", orca: {} })).toEqual({});
  expect(complaints({ protocol: "tcp", orca: {} })).toEqual({
    "/orca": "protocol tcp has no answers that could carry a report",
  });
});

test("what only requests have is refused where connections are passed on, each where it stands", () => {
  const onlyForRequests = { retry: {}, priorityRouting: { levels: { high: {} } } };
  expect(complaints(onlyForRequests)).toEqual({});
  expect(complaints({ protocol: "tcp", ...onlyForRequests })).toEqual({
    "/retry": "is for requests, and protocol tcp has none",
    "/priorityRouting": "is for requests, and protocol tcp has none",
  });
});

test("envoy asks for the health of gRPC over HTTP/2 only; the server may over either", () => {
  const checks = (by: string) => ({ healthChecks: { by, check: { grpc: {} } } });
  expect(complaints(checks("envoy"))).toEqual({ "/healthChecks/check/grpc": "by envoy needs protocol http2" });
  expect(complaints({ protocol: "http2", ...checks("envoy") })).toEqual({});
  expect(complaints(checks("server"))).toEqual({});
});

describe("failover.locality", () => {
  test("is for algorithms that may choose: a key has one instance, wherever the caller stands", () => {
    const failover = { locality: { prefer: "region" } };
    for (const algorithm of ["adaptive", "round-robin", "random"])
      expect(complaints({ algorithm, failover })).toEqual({});
    expect(complaints({ ...hashing({ sourceIp: true }), failover })).toEqual({
      "/failover/locality":
        "algorithm consistent-hash sends each key to one instance, so callers cannot be sent to those near them",
    });
  });
});
