// What a call is hashed by, as far as gRPC can (A42): its metadata, or the channel it is made on. Cookies and query
// parameters do not exist there and are passed over; a call without any key is hashed at random.
import { RouteAction_HashPolicy } from "../../gen/envoy/config/route/v3/route_components.js";
import type { HashPlace } from "../../model/policy/hash-policy.js";
import { hashPoliciesOf } from "../route/hash-policy.js";

/** One channel is one client: the nearest there is to the caller's address. */
const CHANNEL = RouteAction_HashPolicy.create({
  policySpecifier: { $case: "filterState", value: { key: "io.grpc.channel_id" } },
  terminal: true,
});

/** @param places undefined = those that Envoy looks at by default */
export function grpcHashPoliciesOf(places: readonly HashPlace[] | undefined): RouteAction_HashPolicy[] {
  return hashPoliciesOf(places).flatMap((policy) => {
    const kind = policy.policySpecifier?.$case;
    if (kind === "connectionProperties") return [CHANNEL];
    return kind === "header" ? [policy] : [];
  });
}
