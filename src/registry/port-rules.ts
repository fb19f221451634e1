// Which port a service of plain connections may have on the proxies, as a pure function: one that nobody else has there.
import { SteelyardError } from "../model/errors.js";
import type { ServiceName } from "../model/ids.js";
import { tcpPortOf } from "../model/policy/protocol.js";
import type { ServicePolicy } from "../model/service.js";

/** @param gatewayPort of the HTTP listener @throws SteelyardError ERR_INVALID_REQUEST */
export function assertPort(
  service: ServiceName,
  policy: ServicePolicy,
  gatewayPort: number | undefined,
  others: Iterable<readonly [ServiceName, { readonly policy: ServicePolicy }]>,
): void {
  const port = tcpPortOf(policy);
  if (port === undefined) return;
  const owner = port === gatewayPort ? "the gateway" : serviceWith(port, service, others);
  if (owner === undefined) return;
  const detail = `${port} is the port of ${owner}`;
  const errors = [{ pointer: "/protocol/tcp/port", detail }];
  throw new SteelyardError("ERR_INVALID_REQUEST", `protocol of ${service}: ${detail}`, { errors });
}

function serviceWith(
  port: number,
  except: ServiceName,
  others: Iterable<readonly [ServiceName, { readonly policy: ServicePolicy }]>,
): string | undefined {
  for (const [service, { policy }] of others) if (service !== except && tcpPortOf(policy) === port) return service;
  return undefined;
}
