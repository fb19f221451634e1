// The routes of one match to one service: first those of requests whose header names a level of priority, to its cluster;
// then that of all others.
import type { Route as EnvoyRoute } from "../../gen/envoy/config/route/v3/route_components.js";
import type { Match } from "../../model/route/match.js";
import type { ServiceSnapshot } from "../../model/service.js";
import { priorityLevelsOf } from "../priority-levels.js";

/**
 * @param target undefined: none, or several, and then there are no levels; nor where the match has the header itself
 * @param routeTo a cluster of a level, or (undefined) where the match leads
 */
export function routesByPriority(
  target: Pick<ServiceSnapshot, "service" | "policy"> | undefined,
  match: Match,
  routeTo: (match: Match, cluster: string | undefined) => EnvoyRoute,
): EnvoyRoute[] {
  const name = target?.policy.priorityRouting?.header;
  const hasLevels = name !== undefined && !match.headers.some((header) => header.name === name);
  const levels = target && hasLevels ? priorityLevelsOf(target) : [];
  return [
    ...levels.map(({ cluster, priority }) =>
      routeTo({ ...match, headers: [...match.headers, { name: name ?? "", exact: priority }] }, cluster),
    ),
    routeTo(match, undefined),
  ];
}
