// A declared route as a virtual host of the gateway. What a rule leaves open, its service says, if it is the only one; in
// a split nobody can say which of them should.
import {
  Route as EnvoyRoute,
  RouteAction_RequestMirrorPolicy as MirrorPolicy,
  RouteAction,
  VirtualHost,
  WeightedCluster,
  WeightedCluster_ClusterWeight,
} from "../../gen/envoy/config/route/v3/route_components.js";
import { FractionalPercent_DenominatorType } from "../../gen/envoy/type/v3/percent.js";
import type { ServiceName } from "../../model/ids.js";
import type { NamedRoute } from "../../model/route/route.js";
import { type Rule, type Target, targetsOf } from "../../model/route/rule.js";
import { DEFAULT_SERVICE_POLICY, type ServicePolicy } from "../../model/service.js";
import { routesByPriority } from "./priority-routes.js";
import { routeHandlingOf } from "./route-handling.js";
import { routeMatchOf } from "./route-match.js";

export interface RoutedService {
  readonly service: ServiceName;
  readonly policy: ServicePolicy;
  /** Whether the cluster balances by a request's key, see `isHashing`. */
  readonly hashed: boolean;
}

export type RoutedServices = ReadonlyMap<ServiceName, RoutedService>;

/** No service has such a name, and Envoy wants names of virtual hosts to differ. */
const nameOf = ({ name }: NamedRoute): string => `route/${name}`;

/** @param domains those of the route that it really has */
export function userVirtualHostOf(
  named: NamedRoute,
  domains: readonly string[],
  services: RoutedServices,
): VirtualHost {
  return VirtualHost.create({
    name: nameOf(named),
    domains: [...domains],
    routes: named.route.rules.flatMap((rule) => routesOfRule(rule, services)),
  });
}

/** A rule with one service goes by the priorities of that. */
function routesOfRule(rule: Rule, services: RoutedServices): EnvoyRoute[] {
  const [only, ...others] = targetsOf(rule);
  const target = only && others.length === 0 ? services.get(only.service) : undefined;
  return routesByPriority(target, rule.match, (match, cluster) => routeOf({ ...rule, match }, services, cluster));
}

/** @param cluster instead of those of the rule's services */
function routeOf(rule: Rule, services: RoutedServices, cluster?: string): EnvoyRoute {
  const targets = targetsOf(rule);
  return EnvoyRoute.create({
    match: routeMatchOf(rule.match),
    action: {
      $case: "route",
      value: RouteAction.create({
        clusterSpecifier: cluster === undefined ? clusterOf(targets) : { $case: "cluster", value: cluster },
        prefixRewrite: rule.prefixRewrite ?? "",
        requestMirrorPolicies: mirrorsOf(rule.mirror),
        ...handlingOf(rule, targets, services),
      }),
    },
  });
}

/** Clusters that are not there are Envoy's to answer for, with 503: a service may come and go. */
function clusterOf(targets: readonly Target[]): RouteAction["clusterSpecifier"] {
  const [only, ...others] = targets;
  if (only && others.length === 0) return { $case: "cluster", value: only.service };
  const clusters = targets.map(({ service: name, weight }) => WeightedCluster_ClusterWeight.create({ name, weight }));
  return { $case: "weightedClusters", value: WeightedCluster.create({ clusters }) };
}

function handlingOf(
  { timeouts, retry, hashPolicy }: Rule,
  targets: readonly Target[],
  services: RoutedServices,
): ReturnType<typeof routeHandlingOf> {
  const known = targets.flatMap(({ service }) => services.get(service) ?? []);
  const policy = (targets.length === 1 ? known[0]?.policy : undefined) ?? DEFAULT_SERVICE_POLICY;
  return routeHandlingOf(
    {
      timeouts: {
        requestMs: timeouts?.requestMs ?? policy.timeouts.requestMs,
        idleMs: timeouts?.idleMs ?? policy.timeouts.idleMs,
      },
      retry: retry ?? policy.retry,
      hashPolicy: hashPolicy ?? policy.hashPolicy,
    },
    known.some(({ hashed }) => hashed),
  );
}

function mirrorsOf(mirror: Rule["mirror"]): MirrorPolicy[] {
  if (mirror === undefined || mirror.percent === 0) return [];
  const defaultValue = {
    numerator: Math.round(mirror.percent * 10_000),
    denominator: FractionalPercent_DenominatorType.MILLION,
  };
  return [MirrorPolicy.create({ cluster: mirror.service, runtimeFraction: { defaultValue, runtimeKey: "" } })];
}
