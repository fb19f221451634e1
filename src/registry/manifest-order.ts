// In which order the services of a manifest are written: each after those that it fails over to, and after the one whose port
// it takes, so that every one of them is right on its own when its turn comes.
import { SteelyardError } from "../model/errors.js";
import { jsonPointer } from "../model/field-errors.js";
import type { ServiceName } from "../model/ids.js";
import type { Manifest } from "../model/manifest.js";
import { tcpPortOf } from "../model/policy/protocol.js";
import type { ServicePolicy } from "../model/service.js";
import { failoverServices, type PolicyOf } from "./failover-rules.js";

interface Visit {
  readonly service: ServiceName;
  /** Whose port its predecessor on the way takes. */
  readonly port: number | undefined;
}

/**
 * @param policyOf as it will be afterwards, without circles of failover; services outside the manifest may lie between two
 *   of it
 * @param before every service with its policy, as it is now
 * @throws SteelyardError ERR_INVALID_REQUEST when services would have to change ports at the same time
 */
export function orderOfServices(
  services: Manifest["services"],
  policyOf: PolicyOf,
  before: Iterable<readonly [ServiceName, { readonly policy: ServicePolicy }]>,
): readonly ServiceName[] {
  const holders = new Map<number, ServiceName>();
  for (const [service, { policy }] of before) {
    const port = tcpPortOf(policy);
    if (port !== undefined) holders.set(port, service);
  }
  const order = new Set<ServiceName>();
  const way: Visit[] = [];
  const done = new Set<ServiceName>();
  const visit = (service: ServiceName, port?: number): void => {
    if (done.has(service)) return;
    way.push({ service, port });
    if (way.findIndex((step) => step.service === service) < way.length - 1) throw circle(way);
    const policy = policyOf(service);
    for (const target of policy ? failoverServices(policy) : []) visit(target);
    const wanted = policy && Object.hasOwn(services, service) ? tcpPortOf(policy) : undefined;
    const holder = wanted === undefined ? undefined : holders.get(wanted);
    if (holder !== undefined && holder !== service) visit(holder, wanted);
    way.pop();
    done.add(service);
    if (Object.hasOwn(services, service)) order.add(service);
  };
  for (const service of Object.keys(services).sort()) visit(service as ServiceName);
  return [...order];
}

/** @param way ends with a service that is on it already; a part of the circle is the taking of a port */
function circle(way: readonly Visit[]): SteelyardError {
  const at = way.findLastIndex(({ port }) => port !== undefined);
  const [taker, giver] = [way[at - 1]?.service ?? "", way[at]];
  const detail = `${giver?.port} is the port of ${giver?.service}, which cannot give it away first: change one of them on its own before`;
  const errors = [{ pointer: jsonPointer(["services", taker, "protocol", "tcp", "port"]), detail }];
  return new SteelyardError("ERR_INVALID_REQUEST", `protocol of ${taker}: ${detail}`, { errors });
}
