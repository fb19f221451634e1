// What a route may name, as pure functions: services that exist, domains that no other route has. What exists later is
// another matter: a service may go while routes name it, and Envoy answers 503 for it until it is back.
import { type FieldError, SteelyardError } from "../model/errors.js";
import { jsonPointer } from "../model/field-errors.js";
import type { RouteName, ServiceName } from "../model/ids.js";
import { inconsistenciesOf, type RuleSurroundings } from "../model/route/consistency.js";
import type { NamedRoute, Route } from "../model/route/route.js";
import { targetsOf } from "../model/route/rule.js";
import type { ServicePolicy } from "../model/service.js";

export interface RouteSurroundings extends RuleSurroundings {
  /** All there are. */
  readonly routes: Iterable<NamedRoute>;
}

/**
 * @param prefix of the pointers
 * @throws SteelyardError ERR_INVALID_REQUEST for services that are unknown or carry TCP and for settings that would do
 *   nothing, ERR_DOMAIN_CONFLICT
 */
export function assertRoute(name: RouteName, route: Route, around: RouteSurroundings, prefix = ""): void {
  const at = (...path: readonly PropertyKey[]) => prefix + jsonPointer(path);
  const unknown = serviceReferences(route).flatMap(({ service, path }): FieldError[] => {
    const fault = faultOfTarget(service, around.policyOf(service));
    return fault === undefined ? [] : [{ pointer: at(...path), detail: fault }];
  });
  if (unknown.length > 0) throw refusal("ERR_INVALID_REQUEST", name, unknown);
  const inconsistent = route.rules.flatMap((rule, index) =>
    inconsistenciesOf(rule, around).map(({ pointer, detail }) => ({ pointer: at("rules", index) + pointer, detail })),
  );
  if (inconsistent.length > 0) throw refusal("ERR_INVALID_REQUEST", name, inconsistent);
  const holders = new Map<string, RouteName>();
  for (const other of around.routes) {
    if (other.name !== name) for (const domain of other.route.domains) holders.set(domain, other.name);
  }
  const taken = route.domains.flatMap((domain, index): FieldError[] => {
    const holder = holders.get(domain);
    return holder === undefined ? [] : [{ pointer: at("domains", index), detail: `route ${holder} has ${domain}` }];
  });
  if (taken.length > 0) throw refusal("ERR_DOMAIN_CONFLICT", name, taken);
}

/** Does the route send or mirror requests there? */
export function namesService(route: Route, service: ServiceName): boolean {
  return serviceReferences(route).some((reference) => reference.service === service);
}

interface ServiceReference {
  readonly service: ServiceName;
  readonly path: readonly PropertyKey[];
}

function serviceReferences({ rules }: Route): readonly ServiceReference[] {
  return rules.flatMap((rule, index) => {
    const to = ["rules", index, "to"];
    const targets = targetsOf(rule).map(({ service }, at) => ({
      service,
      path: typeof rule.to === "string" ? to : [...to, at, "service"],
    }));
    return rule.mirror
      ? [...targets, { service: rule.mirror.service, path: ["rules", index, "mirror", "service"] }]
      : targets;
  });
}

function faultOfTarget(service: ServiceName, policy: ServicePolicy | undefined): string | undefined {
  if (policy === undefined) return `there is no service ${service}`;
  const { protocol } = policy;
  return protocol === "tcp" || typeof protocol === "object"
    ? `service ${service} carries TCP, not requests`
    : undefined;
}

function refusal(
  code: "ERR_INVALID_REQUEST" | "ERR_DOMAIN_CONFLICT",
  name: RouteName,
  errors: readonly FieldError[],
): SteelyardError {
  return new SteelyardError(code, `route ${name}: ${errors[0]?.detail}`, { errors });
}
