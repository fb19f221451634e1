// Whatever routes and services there are, Envoy takes the configuration: each domain and each virtual host is in it once,
// and every name that was declared is answered by somebody.
import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { parseRouteName, parseServiceName } from "../../../src/model/ids.js";
import { routeSchema } from "../../../src/model/route/route.js";
import { DEFAULT_SERVICE_POLICY } from "../../../src/model/service.js";
import { routesOf } from "../../../src/translate/gateway.js";

/** Few names, so that they meet. */
const name = fc.constantFrom("a", "b", "c", "a.b", "b-c");
const domain = fc.oneof(name, fc.constantFrom("*", "*.a", "a.*", "*-b", "b-*", "A", "C"));
const services = fc.uniqueArray(name, { maxLength: 5 });
const routes = fc.uniqueArray(
  fc.record({
    name,
    domains: fc.uniqueArray(domain, { minLength: 1, maxLength: 4, selector: (text) => text.toLowerCase() }),
  }),
  { selector: (route) => route.name, maxLength: 5 },
);

test("domains and names of virtual hosts are unique, and none is lost", () => {
  fc.assert(
    fc.property(services, routes, (names, given) => {
      const routed = names.map((service) => ({
        service: parseServiceName(service),
        policy: DEFAULT_SERVICE_POLICY,
        hashed: false,
      }));
      const declared = given.map(({ name: each, domains }) => ({
        name: parseRouteName(each),
        route: routeSchema.parse({ domains, rules: [{ to: "a" }] }),
        revision: 1,
      }));
      const { virtualHosts } = routesOf(routed, declared);
      const domains = virtualHosts.flatMap((host) => host.domains);
      expect(new Set(domains).size).toBe(domains.length);
      expect(new Set(virtualHosts.map((host) => host.name)).size).toBe(virtualHosts.length);
      expect(virtualHosts.every((host) => host.domains.length > 0)).toBe(true);
      const wanted = [...names, ...declared.flatMap(({ route }) => route.domains)];
      expect(domains).toEqual(expect.arrayContaining(wanted));
    }),
  );
});
