import { expect, test } from "@jest/globals";
import { InFlight } from "../../../src/xds/in-flight.js";

const nonces = (settled: readonly { readonly nonce: string }[]): string[] => settled.map(({ nonce }) => nonce);

test("an answer settles its response and all before it; stale and foreign ones settle nothing", () => {
  const inFlight = new InFlight<{ readonly nonce: string }>();
  expect(nonces(inFlight.settle("1"))).toEqual([]);
  for (const nonce of ["1", "2", "3", "4"]) inFlight.add({ nonce });
  expect(inFlight.size).toBe(4);
  expect(inFlight.settleOnly("1")).toBeUndefined();
  expect(nonces(inFlight.settle("2"))).toEqual(["1", "2"]);
  expect(nonces(inFlight.settle("1"))).toEqual([]);
  expect(nonces(inFlight.settle("4"))).toEqual(["3", "4"]);
  expect(inFlight.size).toBe(0);
});

test("of one alone there is no list", () => {
  const inFlight = new InFlight<{ readonly nonce: string }>();
  inFlight.add({ nonce: "1" });
  expect(inFlight.settleOnly("0")).toBeUndefined();
  expect(inFlight.settleOnly("1")).toEqual({ nonce: "1" });
  inFlight.add({ nonce: "2" });
  expect(nonces(inFlight.settle("2"))).toEqual(["2"]);
  expect(inFlight.size).toBe(0);
});
