// Which requests a rule is for, in Envoy's terms. A method is a header there.
import {
  type HeaderMatcher as EnvoyHeaderMatch,
  HeaderMatcher,
  RouteMatch,
} from "../../gen/envoy/config/route/v3/route_components.js";
import { RegexMatcher } from "../../gen/envoy/type/matcher/v3/regex.js";
import { StringMatcher } from "../../gen/envoy/type/matcher/v3/string.js";
import type { HeaderMatch, Match, PathMatch } from "../../model/route/match.js";

export function routeMatchOf({ path, method, headers }: Match): RouteMatch {
  return RouteMatch.create({
    pathSpecifier: pathOf(path),
    headers: [
      ...(method === undefined ? [] : [headerOf({ name: ":method", exact: method })]),
      ...headers.map(headerOf),
    ],
  });
}

function pathOf({ exact, prefix, regex }: PathMatch): RouteMatch["pathSpecifier"] {
  if (exact !== undefined) return { $case: "path", value: exact };
  if (regex !== undefined) return { $case: "safeRegex", value: RegexMatcher.create({ regex }) };
  return { $case: "prefix", value: prefix ?? "/" };
}

export function headerOf({ name, exact, prefix, regex, present }: HeaderMatch): EnvoyHeaderMatch {
  if (present !== undefined) {
    return HeaderMatcher.create({ name, headerMatchSpecifier: { $case: "presentMatch", value: present } });
  }
  const value = StringMatcher.create({ matchPattern: patternOf({ exact, prefix, regex }) });
  return HeaderMatcher.create({ name, headerMatchSpecifier: { $case: "stringMatch", value } });
}

function patternOf({ exact, prefix, regex }: Omit<HeaderMatch, "name" | "present">): StringMatcher["matchPattern"] {
  if (exact !== undefined) return { $case: "exact", value: exact };
  if (regex !== undefined) return { $case: "safeRegex", value: RegexMatcher.create({ regex }) };
  return { $case: "prefix", value: prefix ?? "" };
}
