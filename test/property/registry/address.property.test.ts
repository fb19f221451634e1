import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { canonicalAddress } from "../../../src/model/address.js";

test("a canonical address is its own canonical form", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), (text) => {
      const first = canonicalAddress(text);
      if (first.ok) expect(canonicalAddress(first.address)).toEqual(first);
    }),
  );
});

test("IPv6 text is what the URL standard prints", () => {
  const word = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
  fc.assert(
    fc.property(fc.array(word, { minLength: 8, maxLength: 8 }), (words) => {
      const text = words.map((value) => value.toString(16).padStart(4, "0").toUpperCase()).join(":");
      const result = canonicalAddress(text);
      if (result.ok && result.address.includes(":")) {
        expect(`[${result.address}]`).toBe(new URL(`http://[${text}]`).hostname);
      }
    }),
  );
});
