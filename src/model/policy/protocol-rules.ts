// What only requests have, and connections do not.
import type { PolicyRule } from "./policy-rule.js";
import { isTcp } from "./protocol.js";

const ofRequests: PolicyRule = (policy) => {
  if (!isTcp(policy)) return [];
  return (["retry", "priorityRouting"] as const).flatMap((part) =>
    policy[part] === undefined ? [] : [{ pointer: `/${part}`, detail: "is for requests, and protocol tcp has none" }],
  );
};

const grpcChecksOverHttp2: PolicyRule = ({ healthChecks, protocol }) => {
  if (healthChecks?.by !== "envoy" || !("grpc" in healthChecks.check) || protocol === "http2") return [];
  return [{ pointer: "/healthChecks/check/grpc", detail: "by envoy needs protocol http2" }];
};

export const protocolRules: readonly PolicyRule[] = [ofRequests, grpcChecksOverHttp2];
