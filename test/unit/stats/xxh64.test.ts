import { expect, it } from "@jest/globals";
import * as fc from "fast-check";
import xxhash from "xxhash-wasm";
import { Xxh64 } from "../../../src/stats/xxh64.js";

const reference = await xxhash();
const hash = new Xxh64();

function ours(text: string, seed?: number): bigint {
  hash.hash(text, seed);
  return (BigInt(hash.high) << 32n) | BigInt(hash.low);
}

it("knows the vectors of the specification", () => {
  expect(ours("")).toBe(0xef46db3751d8e999n);
  expect(ours("a")).toBe(0xd24ec4f1a98c6e5bn);
  expect(ours("abc")).toBe(0x44bc2cf5ad770999n);
});

it("equals the reference implementation for any text and seed", () => {
  const text = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.string({ minLength: 90, maxLength: 600 }),
  );
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 0xffff_ffff }), (value, seed) => {
      expect(ours(value, seed)).toBe(reference.h64(value, BigInt(seed)));
    }),
    { numRuns: 1_000 },
  );
});

it("counts a lone surrogate as the replacement character", () => {
  expect(ours("a\ud800b")).toBe(ours("a\ufffdb"));
});
