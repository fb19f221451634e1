// A route: host names, and rules of which the first that matches decides. The schema is the API's, the file's and the
// CLI's. In Envoy: a virtual host of the gateway.
import { z } from "zod";
import type { RouteName } from "../ids.js";
import { domainSchema } from "./domain.js";
import { ruleSchema } from "./rule.js";

const MAX_DOMAINS = 64;
const MAX_RULES = 128;

export const routeSchema = z
  .strictObject({
    domains: z
      .array(domainSchema)
      .min(1)
      .max(MAX_DOMAINS)
      .superRefine((domains, context) => {
        domains.forEach((domain, index) => {
          if (domains.indexOf(domain) === index) return;
          context.addIssue({ code: "custom", path: [index], message: `${domain} is named twice` });
        });
      })
      .describe(
        "Host names, without port: `shop.example`, `*.example`, `shop.*`, `*`; of several that match, the longest wins, `*` last. The name of a service takes its place.",
      ),
    rules: z
      .array(ruleSchema)
      .min(1)
      .max(MAX_RULES)
      .describe("The first that matches decides; a request that matches none gets 404."),
  })
  .describe("A route");

export type Route = z.output<typeof routeSchema>;

export interface NamedRoute {
  readonly name: RouteName;
  readonly route: Route;
  /** Of the store, at which it was written. */
  readonly revision: number;
}
