// What a gRPC client asks for by the name in its target: `xds:///shop` is the Listener `shop`. Its one route leads to the
// cluster of the service; it is inlined, which spares each client a subscription and a round trip.
import { Listener } from "../../gen/envoy/config/listener/v3/listener.js";
import { RouteConfiguration } from "../../gen/envoy/config/route/v3/route.js";
import { RouteAction, RouteAction_MaxStreamDuration } from "../../gen/envoy/config/route/v3/route_components.js";
import { Router } from "../../gen/envoy/extensions/filters/http/router/v3/router.js";
import { HttpConnectionManager } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.js";
import type { ServiceName } from "../../model/ids.js";
import type { ServicePolicy } from "../../model/service.js";
import { durationOf } from "../duration.js";
import { packAny } from "../resource.js";
import { grpcHashPoliciesOf } from "./hash-policy.js";
import { grpcRetryPolicyOf } from "./retry-policy.js";

/** @param hashed whether the cluster balances by a call's key */
export function grpcListenerOf(service: ServiceName, policy: ServicePolicy, hashed: boolean): Listener {
  const route = RouteAction.create({
    clusterSpecifier: { $case: "cluster", value: service },
    // The caller's own deadline holds where it is shorter; 0 = only that one, in gRPC's terms as in ours.
    maxStreamDuration: RouteAction_MaxStreamDuration.create({
      maxStreamDuration: durationOf(policy.timeouts.requestMs),
    }),
    retryPolicy: grpcRetryPolicyOf(policy.retry),
    hashPolicy: hashed ? grpcHashPoliciesOf(policy.hashPolicy) : [],
  });
  const routes = RouteConfiguration.create({
    name: service,
    virtualHosts: [
      {
        name: service,
        domains: ["*"],
        routes: [
          {
            match: { pathSpecifier: { $case: "prefix", value: "/" } },
            action: { $case: "route", value: route },
          },
        ],
      },
    ],
  });
  const connectionManager = HttpConnectionManager.create({
    statPrefix: service,
    routeSpecifier: { $case: "routeConfig", value: routes },
    httpFilters: [
      {
        name: "envoy.filters.http.router",
        configType: { $case: "typedConfig", value: packAny(Router, Router.create()) },
      },
    ],
  });
  return Listener.create({
    name: service,
    apiListener: { apiListener: packAny(HttpConnectionManager, connectionManager) },
  });
}
