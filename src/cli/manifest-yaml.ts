// Services and routes as YAML for people and for version control: only what differs from the defaults, keys sorted, so
// that equal content is equal text.
import { stringify } from "yaml";
import { routeSchema } from "../model/route/route.js";
import { servicePolicySchema } from "../model/service.js";
import { minimalForm } from "./minimal-form.js";

const SCHEMAS = { service: servicePolicySchema, route: routeSchema } as const;

export function minimalOf(kind: keyof typeof SCHEMAS, value: unknown): unknown {
  return minimalForm(SCHEMAS[kind], value);
}

/** Ends with a newline. */
export function diffFriendlyYaml(value: unknown): string {
  return stringify(value, { sortMapEntries: true, lineWidth: 0 });
}
