import { describe, expect, test } from "@jest/globals";
import { z } from "zod";
import type { FieldError } from "../../../src/model/errors.js";
import { SteelyardError } from "../../../src/model/errors.js";
import { fieldErrorsOf, jsonPointer } from "../../../src/model/field-errors.js";
import { instanceBodySchema, parseInstancePatch, parseInstanceSpec } from "../../../src/registry/instance-spec.js";
import { mergeMetadata } from "../../../src/registry/metadata.js";

const minimal = { address: "10.1.2.3", port: 8_080 };

function errorsOf(run: () => unknown): readonly FieldError[] {
  try {
    run();
  } catch (error) {
    if (error instanceof SteelyardError && error.code === "ERR_INVALID_REQUEST") return error.errors;
    throw error;
  }
  throw new Error("was accepted");
}

describe("parseInstanceSpec", () => {
  test("fills in the defaults", () => {
    expect(parseInstanceSpec(minimal)).toEqual({
      address: "10.1.2.3",
      port: 8_080,
      generation: "",
      ttlMs: 30_000,
      deregisterAfterMs: 600_000,
      status: "ready",
      weight: 100,
      locality: { region: "", zone: "", subZone: "" },
      priority: 0,
      metadata: {},
      hostname: "",
    });
  });

  test("takes everything that may be said, and canonicalises the address", () => {
    const body = {
      address: "::ffff:10.1.2.3",
      port: 65_535,
      generation: "a2f0",
      ttlSeconds: 5,
      deregisterAfterSeconds: 60,
      status: "starting",
      weight: 65_535,
      locality: { region: "eu-1", zone: "eu-1a" },
      priority: 128,
      metadata: { version: "1.2.3", "team/owner": "Zoë" },
      hostname: "orders-1.internal",
    };
    expect(parseInstanceSpec(body)).toMatchObject({
      address: "10.1.2.3",
      ttlMs: 5_000,
      deregisterAfterMs: 60_000,
      locality: { region: "eu-1", zone: "eu-1a", subZone: "" },
      metadata: { version: "1.2.3", "team/owner": "Zoë" },
    });
  });

  test.each([
    ["a body that is no object", "[1]", ""],
    ["null", "null", ""],
    ["a missing port", '{"address":"10.1.2.3"}', "/port"],
    ["a misspelt field", '{"address":"10.1.2.3","port":1,"wieght":2}', "/wieght"],
    ["a field named __proto__", '{"address":"10.1.2.3","port":1,"__proto__":{"weight":2}}', "/__proto__"],
    ["a nested unknown field", '{"address":"10.1.2.3","port":1,"locality":{"rack":"r"}}', "/locality/rack"],
    ["a host name", '{"address":"localhost","port":1}', "/address"],
    ["port 0", '{"address":"10.1.2.3","port":0}', "/port"],
    ["port 65536", '{"address":"10.1.2.3","port":65536}', "/port"],
    ["a port as text", '{"address":"10.1.2.3","port":"80"}', "/port"],
    ["a fraction", '{"address":"10.1.2.3","port":1,"weight":1.5}', "/weight"],
    ["weight 0", '{"address":"10.1.2.3","port":1,"weight":0}', "/weight"],
    ["weight 65536", '{"address":"10.1.2.3","port":1,"weight":65536}', "/weight"],
    ["a number that JSON rounds", '{"address":"10.1.2.3","port":9007199254740993}', "/port"],
    ["a number that JSON makes infinite", '{"address":"10.1.2.3","port":1,"weight":1e400}', "/weight"],
    ["priority 129", '{"address":"10.1.2.3","port":1,"priority":129}', "/priority"],
    ["a ttl of 4 s", '{"address":"10.1.2.3","port":1,"ttlSeconds":4}', "/ttlSeconds"],
    ["a ttl of an hour and a second", '{"address":"10.1.2.3","port":1,"ttlSeconds":3601}', "/ttlSeconds"],
    ["a removal after 59 s", '{"address":"10.1.2.3","port":1,"deregisterAfterSeconds":59}', "/deregisterAfterSeconds"],
    ["an unknown status", '{"address":"10.1.2.3","port":1,"status":"up"}', "/status"],
    ["a lone surrogate", '{"address":"10.1.2.3","port":1,"locality":{"zone":"\\ud800"}}', "/locality/zone"],
    ["a line break", '{"address":"10.1.2.3","port":1,"generation":"a\\nb"}', "/generation"],
    ["a long zone", `{"address":"10.1.2.3","port":1,"locality":{"zone":"${"z".repeat(65)}"}}`, "/locality/zone"],
    ["metadata of an odd name", '{"address":"10.1.2.3","port":1,"metadata":{"a b":"x"}}', "/metadata/a b"],
    ["metadata named __proto__", '{"address":"10.1.2.3","port":1,"metadata":{"__proto__":"x"}}', "/metadata/__proto__"],
    ["metadata that is no text", '{"address":"10.1.2.3","port":1,"metadata":{"a/b":1}}', "/metadata/a~1b"],
    ["long metadata", `{"address":"10.1.2.3","port":1,"metadata":{"a":"${"x".repeat(513)}"}}`, "/metadata/a"],
    ["a host name with a path", '{"address":"10.1.2.3","port":1,"hostname":"a/b"}', "/hostname"],
  ])("refuses %s and points to it", (_name, json, pointer) => {
    const errors = errorsOf(() => parseInstanceSpec(JSON.parse(json)));
    expect([...new Set(errors.map((error) => error.pointer))]).toEqual([pointer]);
    expect(errors[0]?.detail).not.toBe("");
  });

  test("names every bad field at once", () => {
    const errors = errorsOf(() => parseInstanceSpec({ address: "x", port: 0, weight: -1, typo: 1, other: 2 }));
    expect(errors.map((error) => error.pointer).toSorted()).toEqual([
      "/address",
      "/other",
      "/port",
      "/typo",
      "/weight",
    ]);
  });

  test("bounds metadata by count and by bytes", () => {
    const pairs = (count: number, value: string) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, value]));
    expect(() => parseInstanceSpec({ ...minimal, metadata: pairs(64, "x") })).not.toThrow();
    expect(errorsOf(() => parseInstanceSpec({ ...minimal, metadata: pairs(65, "x") }))[0]?.pointer).toBe("/metadata");
    expect(errorsOf(() => parseInstanceSpec({ ...minimal, metadata: pairs(17, "x".repeat(500)) }))[0]?.pointer).toBe(
      "/metadata",
    );
    expect(errorsOf(() => parseInstanceSpec({ ...minimal, metadata: pairs(9, "€".repeat(310)) }))[0]?.pointer).toBe(
      "/metadata",
    );
  });

  test("the schema can be written as JSON Schema for OpenAPI", () => {
    const schema = z.toJSONSchema(instanceBodySchema, { io: "input" });
    expect(schema).toMatchObject({ type: "object", required: ["address", "port"], additionalProperties: false });
  });
});

describe("parseInstancePatch", () => {
  test("takes a part, and null for metadata only", () => {
    expect(parseInstancePatch({})).toEqual({});
    expect(parseInstancePatch({ weight: 5, metadata: { a: null, b: "x" } })).toEqual({
      weight: 5,
      metadata: { a: null, b: "x" },
    });
    expect(errorsOf(() => parseInstancePatch({ weight: null }))[0]?.pointer).toBe("/weight");
    expect(errorsOf(() => parseInstancePatch({ port: 80 }))[0]?.pointer).toBe("/port");
    expect(errorsOf(() => parseInstancePatch(JSON.parse('{"metadata":{"__proto__":null}}')))[0]?.pointer).toBe(
      "/metadata/__proto__",
    );
  });
});

describe("mergeMetadata", () => {
  test("sets, keeps and deletes", () => {
    expect(mergeMetadata({ a: "1", b: "1" }, { a: "2", b: null, c: "3", gone: null })).toEqual({ a: "2", c: "3" });
  });

  test("refuses to grow beyond what a registration may carry", () => {
    const full = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`k${index}`, "x"]));
    expect(mergeMetadata(full, { k0: null, new: "x" })).toHaveProperty("new");
    expect(errorsOf(() => mergeMetadata(full, { new: "x" }))[0]?.pointer).toBe("/metadata");
  });
});

describe("fieldErrorsOf", () => {
  test("escapes pointers as RFC 6901 says", () => {
    expect(jsonPointer([])).toBe("");
    expect(jsonPointer(["a/b", 0, "m~n"])).toBe("/a~1b/0/m~0n");
  });

  test("stays small when the body is hostile", () => {
    const body = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`${"x".repeat(1_000)}${index}`, 1]));
    const parsed = z.strictObject({ a: z.string() }).safeParse(body);
    const errors = parsed.success ? [] : fieldErrorsOf(parsed.error);
    expect(errors).toHaveLength(32);
    expect(JSON.stringify(errors).length).toBeLessThan(10_000);
  });
});
