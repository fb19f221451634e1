// What a request is hashed by in mode A: its route key, else its client, else itself. The order is the seed document's
// and that of the balancers in this project, so that both predict the same owner. Request ids are Envoy's own where the
// caller sent none, and spread requests evenly.
import { RouteAction_HashPolicy } from "../gen/envoy/config/route/v3/route_components.js";
import type { EnvoyEnforcement } from "../model/enforcement.js";

/** The first header that is present decides. */
const KEY_HEADERS = ["x-route-key", "x-client-id", "x-request-id"] as const;

/** Terminal: without it Envoy would go on and mix in the next header, and a key would stick to no endpoint. */
export const HASH_POLICY: readonly RouteAction_HashPolicy[] = KEY_HEADERS.map((headerName) =>
  RouteAction_HashPolicy.create({
    policySpecifier: { $case: "header", value: { headerName, regexRewrite: undefined } },
    terminal: true,
  }),
);

export function needsHashKey({ policy }: EnvoyEnforcement): boolean {
  return policy === "ring_hash" || policy === "maglev";
}
