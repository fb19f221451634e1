// The front door of mode A: one HTTP listener, the routes that users declared, and one virtual host per service that answers
// to the service's name, unless a route has that.
// A request for any other host gets 404: there is no catch-all, not even for a single service, so that registering a
// second service never changes what the first one's callers get.
import { isIP } from "node:net";
import { Listener } from "../gen/envoy/config/listener/v3/listener.js";
import { RouteConfiguration } from "../gen/envoy/config/route/v3/route.js";
import { Route, VirtualHost } from "../gen/envoy/config/route/v3/route_components.js";
import { Router } from "../gen/envoy/extensions/filters/http/router/v3/router.js";
import { HttpConnectionManager } from "../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.js";
import { SteelyardError } from "../model/errors.js";
import type { NamedRoute } from "../model/route/route.js";
import { attemptLogs } from "./access-log.js";
import { ADS } from "./ads.js";
import { REPORT_HEADERS } from "./latency-filter.js";
import { packAny } from "./resource.js";
import { routesByPriority } from "./route/priority-routes.js";
import { routeHandlingOf } from "./route/route-handling.js";
import { routeMatchOf } from "./route/route-match.js";
import { type RoutedService, userVirtualHostOf } from "./route/user-route.js";

/** Name of the listener, of its route configuration and of its statistics. */
export const GATEWAY = "gateway";

export interface ListenerAddress {
  /** IP literal that Envoy listens on. */
  readonly address: string;
  /** 1..65535 */
  readonly port: number;
}

/**
 * @param accessLogPercent 0..100, how many attempts Envoy tells this server of; changing it drains the listener's connections
 * @throws SteelyardError ERR_CONFIG_INVALID when the address is no IP literal or the port out of range
 */
export function listenerOf({ address, port }: ListenerAddress, accessLogPercent = 0): Listener {
  if (isIP(address) === 0 || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new SteelyardError("ERR_CONFIG_INVALID", `listener: ${address} port ${port} is not an address to listen on`);
  }
  const router = Router.create({ upstreamLog: attemptLogs(accessLogPercent) });
  const connectionManager = HttpConnectionManager.create({
    statPrefix: GATEWAY,
    routeSpecifier: { $case: "rds", value: { configSource: ADS, routeConfigName: GATEWAY } },
    httpFilters: [
      {
        name: "envoy.filters.http.router",
        configType: { $case: "typedConfig", value: packAny(Router, router) },
      },
    ],
    // No caller is trusted: x-forwarded-for is extended, not believed, and no address counts as internal. An internal
    // caller could set time-outs by header, and so make healthy endpoints look failing. An empty list would mean the
    // private ranges and loopback; 0.0.0.0 is nobody's address.
    useRemoteAddress: true,
    internalAddressConfig: { unixSockets: false, cidrRanges: [{ addressPrefix: "0.0.0.0", prefixLen: 32 }] },
    preserveExternalRequestId: true,
    // Routes and backends see the same path, whatever a caller writes.
    normalizePath: true,
  });
  return Listener.create({
    name: GATEWAY,
    address: {
      address: { $case: "socketAddress", value: { address, portSpecifier: { $case: "portValue", value: port } } },
    },
    filterChains: [
      {
        filters: [
          {
            name: "envoy.filters.network.http_connection_manager",
            configType: { $case: "typedConfig", value: packAny(HttpConnectionManager, connectionManager) },
          },
        ],
      },
    ],
  });
}

/**
 * Virtual hosts of the declared routes and of the services, sorted by name. A domain that a route has is no service's, and
 * no other route's: Envoy refuses a second one, and would go on with all routes as they were.
 * @throws SteelyardError ERR_INTERNAL when two services have one name
 */
export function routesOf(services: readonly RoutedService[], routes: readonly NamedRoute[] = []): RouteConfiguration {
  const sorted = services.toSorted((a, b) => (a.service < b.service ? -1 : 1));
  const twin = sorted.find(({ service }, index) => sorted[index + 1]?.service === service);
  if (twin) throw new SteelyardError("ERR_INTERNAL", `two services named ${twin.service}`);
  const byName = new Map(sorted.map((each) => [each.service, each]));
  const taken = new Set<string>();
  const declared = routes
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((named) => {
      const domains = named.route.domains.filter((domain) => !taken.has(domain));
      for (const domain of domains) taken.add(domain);
      return domains.length === 0 ? [] : [userVirtualHostOf(named, domains, byName)];
    });
  return RouteConfiguration.create({
    name: GATEWAY,
    virtualHosts: [...declared, ...sorted.filter(({ service }) => !taken.has(service)).map(virtualHostOf)],
    responseHeadersToRemove: [...REPORT_HEADERS],
    // A route may name a service that is gone: 503 there, and everything else goes on.
    validateClusters: false,
    // A wildcard with a port matches nothing, and hosts have one wherever the gateway is not on port 80.
    ignorePortInHostMatching: true,
  });
}

function virtualHostOf({ service, policy, hashed }: RoutedService): VirtualHost {
  const everything = { path: { prefix: "/" }, headers: [] };
  return VirtualHost.create({
    name: service,
    domains: [service, `${service}:*`],
    routes: routesByPriority({ service, policy }, everything, (match, cluster = service) =>
      Route.create({
        match: routeMatchOf(match),
        action: {
          $case: "route",
          value: { clusterSpecifier: { $case: "cluster", value: cluster }, ...routeHandlingOf(policy, hashed) },
        },
      }),
    ),
  });
}
