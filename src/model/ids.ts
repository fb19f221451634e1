// Branded identifiers: a string that went through its parser once, at the edge, and is trusted afterwards.
import { SteelyardError } from "./errors.js";

declare const brand: unique symbol;

/** Name of a service, `^[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?$`. It is also the Envoy cluster and CLA name. */
export type ServiceName = string & { readonly [brand]: "ServiceName" };

/** Client-chosen id of an instance, unique within its service, `^[A-Za-z0-9._:@-]{1,128}$`. */
export type InstanceId = string & { readonly [brand]: "InstanceId" };

/** Name of a route, of the same form as a service's. */
export type RouteName = string & { readonly [brand]: "RouteName" };

export const SERVICE_NAME_PATTERN = /^[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?$/;
export const INSTANCE_ID_PATTERN = /^[A-Za-z0-9._:@-]{1,128}$/;

/** @throws SteelyardError ERR_INVALID_REQUEST with pointer `/service` */
export function parseServiceName(text: string): ServiceName {
  if (SERVICE_NAME_PATTERN.test(text)) return text as ServiceName;
  throw new SteelyardError("ERR_INVALID_REQUEST", `not a service name: ${JSON.stringify(text.slice(0, 140))}`, {
    errors: [{ pointer: "/service", detail: `must match ${SERVICE_NAME_PATTERN.source}` }],
  });
}

/** @throws SteelyardError ERR_INVALID_REQUEST with pointer `/name` */
export function parseRouteName(text: string): RouteName {
  if (SERVICE_NAME_PATTERN.test(text)) return text as RouteName;
  throw new SteelyardError("ERR_INVALID_REQUEST", `not a name of a route: ${JSON.stringify(text.slice(0, 140))}`, {
    errors: [{ pointer: "/name", detail: `must match ${SERVICE_NAME_PATTERN.source}` }],
  });
}

/** @throws SteelyardError ERR_INVALID_REQUEST with pointer `/id` */
export function parseInstanceId(text: string): InstanceId {
  if (INSTANCE_ID_PATTERN.test(text)) return text as InstanceId;
  throw new SteelyardError("ERR_INVALID_REQUEST", `not an instance id: ${JSON.stringify(text.slice(0, 140))}`, {
    errors: [{ pointer: "/id", detail: `must match ${INSTANCE_ID_PATTERN.source}` }],
  });
}
