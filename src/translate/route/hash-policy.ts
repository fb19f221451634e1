// What a request is hashed by in mode A. The first place that has a key decides: all are terminal, since without that
// Envoy would go on and mix in the next, and a key would stick to no endpoint.
import {
  RouteAction_HashPolicy,
  type RouteAction_HashPolicy as RouteHashPolicy,
} from "../../gen/envoy/config/route/v3/route_components.js";
import type { HashPlace } from "../../model/policy/hash-policy.js";
import { durationOf } from "../duration.js";

/**
 * Of services whose policy is older than `hashPolicy`: the seed document's order, which is that of the balancers here too.
 * Request ids are Envoy's own where the caller sent none, and spread requests evenly.
 */
const DEFAULT_PLACES: readonly HashPlace[] = [
  { header: "x-route-key" },
  { header: "x-client-id" },
  { header: "x-request-id" },
];

export function hashPoliciesOf(places: readonly HashPlace[] = DEFAULT_PLACES): RouteHashPolicy[] {
  return places.map((place) => RouteAction_HashPolicy.create({ policySpecifier: specifierOf(place), terminal: true }));
}

function specifierOf(place: HashPlace): RouteHashPolicy["policySpecifier"] {
  if ("header" in place) {
    return { $case: "header", value: { headerName: place.header, regexRewrite: undefined } };
  }
  if ("cookie" in place) {
    const { cookie: name, ttlMs, path = "" } = place;
    const ttl = ttlMs === undefined ? undefined : durationOf(ttlMs);
    return { $case: "cookie", value: { name, ttl, path, attributes: [] } };
  }
  if ("queryParameter" in place) return { $case: "queryParameter", value: { name: place.queryParameter } };
  return { $case: "connectionProperties", value: { sourceIp: true } };
}
