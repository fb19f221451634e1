import { describe, expect, it } from "@jest/globals";
import type { z } from "zod";
import { servicePolicySchema } from "../../../../src/model/service.js";
import { grpcHashPoliciesOf } from "../../../../src/translate/grpc/hash-policy.js";
import { grpcRetryPolicyOf } from "../../../../src/translate/grpc/retry-policy.js";

const policy = (given: z.input<typeof servicePolicySchema>) => servicePolicySchema.parse(given);

describe("retries of gRPC clients", () => {
  it("are those that gRPC has a status for", () => {
    const { retry } = policy({ retry: { attempts: 3, on: ["5xx", "unavailable", "reset", "internal"] } });
    expect(grpcRetryPolicyOf(retry)).toMatchObject({
      retryOn: "unavailable,internal",
      numRetries: 3,
      retryBackOff: { baseInterval: { nanos: 25_000_000 }, maxInterval: { nanos: 250_000_000 } },
    });
  });

  it("are none without a status, or without retries", () => {
    expect(grpcRetryPolicyOf(policy({ retry: { on: ["5xx"] } }).retry)).toBeUndefined();
    expect(grpcRetryPolicyOf(policy({}).retry)).toBeUndefined();
  });
});

describe("keys of gRPC calls", () => {
  const specifiers = (places: Parameters<typeof grpcHashPoliciesOf>[0]) =>
    grpcHashPoliciesOf(places).map(({ policySpecifier, terminal }) => [policySpecifier, terminal]);

  it("are headers, the channel for the caller's address, and nothing that gRPC does not have", () => {
    const places = policy({
      hashPolicy: [{ cookie: "c" }, { header: "x-user" }, { queryParameter: "q" }, { sourceIp: true }],
    }).hashPolicy;
    expect(specifiers(places)).toEqual([
      [{ $case: "header", value: { headerName: "x-user", regexRewrite: undefined } }, true],
      [{ $case: "filterState", value: { key: "io.grpc.channel_id" } }, true],
    ]);
  });

  it("are the headers that Envoy looks at, by default", () => {
    const names = grpcHashPoliciesOf(undefined).map(
      ({ policySpecifier }) => policySpecifier?.$case === "header" && policySpecifier.value.headerName,
    );
    expect(names).toEqual(["x-route-key", "x-client-id", "x-request-id"]);
  });
});
