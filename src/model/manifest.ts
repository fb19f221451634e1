// Services and routes as one document: what a file declares, what `apply` sends and what `get -o yaml` gives back.
import { z } from "zod";
import { type RouteName, SERVICE_NAME_PATTERN, type ServiceName } from "./ids.js";
import { type Route, routeSchema } from "./route/route.js";
import { type ServicePolicy, servicePolicySchema } from "./service.js";

const name = z.string().regex(SERVICE_NAME_PATTERN, `must match ${SERVICE_NAME_PATTERN.source}`);

export const manifestSchema = z
  .strictObject({
    services: z.record(name, servicePolicySchema).default({}).describe("Policies by name of the service."),
    routes: z.record(name, routeSchema).default({}).describe("Routes by name."),
  })
  .describe("Services and routes");

export interface Manifest {
  readonly services: Readonly<Record<ServiceName, ServicePolicy>>;
  readonly routes: Readonly<Record<RouteName, Route>>;
}
