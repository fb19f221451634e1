// How requests to a service are handled, wherever a route to it stands: time limits, retries, and what they are hashed by.
import { type RouteAction } from "../../gen/envoy/config/route/v3/route_components.js";
import type { Retry } from "../../model/policy/retry.js";
import type { ServicePolicy } from "../../model/service.js";
import { durationOf } from "../duration.js";
import { hashPoliciesOf } from "./hash-policy.js";
import { retryPolicyOf } from "./retry-policy.js";

type Handling = Pick<RouteAction, "timeout" | "idleTimeout" | "retryPolicy" | "hashPolicy">;

/** What a service or a rule of a route says of it: connections and the retry budget are the cluster's. */
interface RequestPolicy {
  readonly timeouts: Pick<ServicePolicy["timeouts"], "requestMs" | "idleMs">;
  readonly retry?: Omit<Retry, "budget"> | undefined;
  readonly hashPolicy?: ServicePolicy["hashPolicy"];
}

/** @param hashed whether the cluster balances by a request's key, see `isHashing` */
export function routeHandlingOf({ timeouts, retry, hashPolicy }: RequestPolicy, hashed: boolean): Handling {
  return {
    timeout: durationOf(timeouts.requestMs), // 0 = none, in Envoy's terms as in ours
    idleTimeout: timeouts.idleMs === undefined ? undefined : durationOf(timeouts.idleMs),
    retryPolicy: retry && retryPolicyOf(retry),
    hashPolicy: hashed ? hashPoliciesOf(hashPolicy) : [],
  };
}
