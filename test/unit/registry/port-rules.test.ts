// Ports of services of plain connections: each once, and never the gateway's.
import { expect, test } from "@jest/globals";
import { SteelyardError } from "../../../src/model/errors.js";
import { parseServiceName } from "../../../src/model/ids.js";
import { servicePolicySchema } from "../../../src/model/service.js";
import { assertPort } from "../../../src/registry/port-rules.js";

const GATEWAY_PORT = 10_000;
const db = parseServiceName("db");
const policyOf = (port: number) => servicePolicySchema.parse({ protocol: { tcp: { port } } });
const others = [
  [db, { policy: policyOf(5_432) }],
  [parseServiceName("plain"), { policy: servicePolicySchema.parse({ protocol: "tcp" }) }],
] as const;

function refusal(service: string, policy: ReturnType<typeof policyOf>): unknown {
  try {
    assertPort(parseServiceName(service), policy, GATEWAY_PORT, others);
    return undefined;
  } catch (thrown) {
    return SteelyardError.from(thrown).errors;
  }
}

test("a port that another service or the gateway has is refused, with a pointer; one's own is not", () => {
  expect(refusal("cache", policyOf(5_432))).toEqual([
    { pointer: "/protocol/tcp/port", detail: "5432 is the port of db" },
  ]);
  expect(refusal("cache", policyOf(GATEWAY_PORT))).toEqual([
    { pointer: "/protocol/tcp/port", detail: "10000 is the port of the gateway" },
  ]);
  expect(refusal("cache", policyOf(6_379))).toBeUndefined();
  expect(refusal("db", policyOf(5_432))).toBeUndefined();
  expect(refusal("cache", servicePolicySchema.parse({ protocol: "tcp" }))).toBeUndefined();
});
