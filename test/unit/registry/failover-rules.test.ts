import { expect, test } from "@jest/globals";
import { parseServiceName } from "../../../src/model/ids.js";
import { type ServicePolicy, servicePolicySchema } from "../../../src/model/service.js";
import { assertFailover } from "../../../src/registry/failover-rules.js";

const policyTo = (...services: string[]): ServicePolicy => servicePolicySchema.parse({ failover: { services } });

/** @param known each service with those it fails over to @returns pointer and detail of each fault */
function faultsOf(service: string, to: readonly string[], known: Readonly<Record<string, readonly string[]>>) {
  const policies = new Map(Object.entries(known).map(([name, services]) => [name, policyTo(...services)]));
  try {
    assertFailover(parseServiceName(service), policyTo(...to), (name) => policies.get(name));
    return [];
  } catch (thrown) {
    const { code, errors } = thrown as { code: string; errors: { pointer: string; detail: string }[] };
    expect(code).toBe("ERR_INVALID_REQUEST");
    return errors.map(({ pointer, detail }) => [pointer, detail]);
  }
}

test("a chain and a diamond are fine", () => {
  expect(faultsOf("a", ["b", "c"], { a: [], b: ["d"], c: ["d"], d: [] })).toEqual([]);
});

test("what is unknown is named, also when it was known to another before it went", () => {
  expect(faultsOf("a", ["b", "x"], { a: [], b: ["gone"] })).toEqual([
    ["/failover/services/1", "there is no service x"],
  ]);
});

test("circles of any length are refused, and told", () => {
  expect(faultsOf("a", ["a"], { a: [] })).toEqual([["/failover/services/0", "is the service itself"]]);
  expect(faultsOf("a", ["c", "b"], { a: [], b: ["a"], c: [] })).toEqual([
    ["/failover/services/1", "would close a circle: a → b → a"],
  ]);
  expect(faultsOf("a", ["b"], { b: ["c"], c: ["x", "d"], x: [], d: ["a"] })).toEqual([
    ["/failover/services/0", "would close a circle: a → b → c → d → a"],
  ]);
});

test("a circle among others, as an older store may hold it, ends the search", () => {
  expect(faultsOf("a", ["b"], { b: ["c"], c: ["b"] })).toEqual([]);
});
