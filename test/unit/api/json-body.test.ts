// Strict JSON bodies: the fault scanner agrees with JSON.parse on what JSON is, and no hostile value passes.
import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { parseJsonObject } from "../../../src/api/json-body.js";
import { findJsonFault } from "../../../src/api/json-position.js";
import { SteelyardError } from "../../../src/model/errors.js";

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const parse = (text: string): unknown => parseJsonObject(new TextEncoder().encode(text));

describe("findJsonFault", () => {
  test("finds nothing in JSON", () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.constantFrom(0, 2),
        (text, indent) => findJsonFault(JSON.stringify(JSON.parse(text), null, indent)) === undefined,
      ),
    );
  });

  test("agrees with JSON.parse on broken texts", () => {
    const pieces = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ":",
      ",",
      '"a"',
      '"',
      "\\",
      "1",
      "-",
      "01",
      ".5",
      "1.",
      "1e5",
      "true",
      "nul",
      " ",
      "\n",
      "\t",
      "\u0001",
      "\\u12",
      "x",
    );
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 12 }),
        (parts) => (findJsonFault(parts.join("")) === undefined) === isJson(parts.join("")),
      ),
      { numRuns: 2_000 },
    );
  });

  test("agrees with JSON.parse when one character is missing, and points into the text", () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, position) => {
        const cut = position % text.length;
        const broken = text.slice(0, cut) + text.slice(cut + 1);
        const fault = findJsonFault(broken);
        expect(fault === undefined).toBe(isJson(broken));
        if (fault) expect(fault.offset).toBeLessThanOrEqual(broken.length);
      }),
    );
  });

  test.each([
    ['{"a" 1}', 1, 6, ":"],
    ["[1 2]", 1, 4, ", or ]"],
    ["{", 1, 2, "key or }, found the end"],
    ['{\n"a":\n  tru}', 3, 3, "value"],
    ['{"a":"\n"}', 1, 7, "a closed string without control characters"],
    ["1 1", 1, 3, "the end"],
  ])("%j at line %i, column %i: %s", (text, line, column, expected) => {
    expect(findJsonFault(text)).toMatchObject({ line, column, expected });
  });

  test("a million brackets cost no stack", () => {
    expect(findJsonFault("[".repeat(1_000_000))).toMatchObject({ offset: 1_000_000 });
  });
});

describe("parseJsonObject", () => {
  test("gives back every harmless object", () => {
    const value = fc.letrec((tie) => ({
      leaf: fc.oneof(
        fc.maxSafeInteger(),
        fc.double({ noNaN: true, noDefaultInfinity: true, max: 1e15, min: -1e15 }),
        fc.boolean(),
        fc.string({ unit: "grapheme" }),
        fc.constant(null),
      ),
      node: fc.oneof(
        { maxDepth: 4 },
        tie("leaf"),
        fc.array(tie("node"), { maxLength: 3 }),
        fc.dictionary(
          fc.string().filter((key) => key !== "__proto__"),
          tie("node"),
          { maxKeys: 3 },
        ),
      ),
    })).node;
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom("a", "b/c", "~"), value), (object) => {
        const text = JSON.stringify(object);
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test("pointers are escaped and faults are bounded", () => {
    const errorsOf = (text: string): readonly { readonly pointer: string }[] => {
      try {
        parse(text);
      } catch (error) {
        if (error instanceof SteelyardError) return error.errors;
      }
      return [];
    };
    expect(errorsOf('{"a/b":{"~":[1e999]}}').map(({ pointer }) => pointer)).toEqual(["/a~1b/~0/0"]);
    expect(errorsOf('{"\\ud800":1}').map(({ pointer }) => pointer)).toEqual(["/\ufffd"]);
    expect(errorsOf(`{"a":[${"1e999,".repeat(100)}0]}`)).toHaveLength(20);
  });

  test("a body at the limit is checked in linear time", () => {
    const before = performance.now();
    parse(`{"a":[${"[],".repeat(340_000)}0]}`);
    expect(performance.now() - before).toBeLessThan(3_000);
  });
});
