// Declared routes beside the virtual hosts of services: who has which domain, and where a rule's handling comes from.
import { describe, expect, test } from "@jest/globals";
import { parseRouteName, parseServiceName } from "../../../src/model/ids.js";
import { type NamedRoute, routeSchema } from "../../../src/model/route/route.js";
import { servicePolicySchema } from "../../../src/model/service.js";
import { routesOf } from "../../../src/translate/gateway.js";

const routed = (name: string, policy: object = {}, hashed = false) => ({
  service: parseServiceName(name),
  policy: servicePolicySchema.parse(policy),
  hashed,
});

const named = (name: string, route: object): NamedRoute => ({
  name: parseRouteName(name),
  route: routeSchema.parse({ domains: [name], rules: [{ to: "shop" }], ...route }),
  revision: 1,
});

const hostsOf = (...given: Parameters<typeof routesOf>) =>
  routesOf(...given).virtualHosts.map(({ name, domains }) => [name, domains]);

describe("domains", () => {
  test("that are the name of a service replace its own virtual host; wildcards do not", () => {
    const services = [routed("shop"), routed("carts")];
    expect(hostsOf(services, [named("front", { domains: ["shop", "carts.*"] })])).toEqual([
      ["route/front", ["shop", "carts.*"]],
      ["carts", ["carts", "carts:*"]],
    ]);
  });

  test("in two routes, as a store may hold them, are the first one's: Envoy would refuse all routes", () => {
    const routes = [
      named("b", { domains: ["x", "y"] }),
      named("c", { domains: ["x"] }),
      named("a", { domains: ["y"] }),
    ];
    expect(hostsOf([], routes)).toEqual([
      ["route/a", ["y"]],
      ["route/b", ["x"]],
    ]);
  });

  test("the order in which routes come makes no difference", () => {
    const routes = [named("b", {}), named("a", {})];
    expect(routesOf([], routes)).toEqual(routesOf([], routes.toReversed()));
  });
});

test("a rule with one service goes by the priorities of that, unless it matches their header itself", () => {
  const services = [routed("shop", { priorityRouting: { levels: { high: {}, low: {} } } }), routed("carts")];
  const clustersOf = (rule: object) =>
    routesOf(services, [named("front", { rules: [rule] })]).virtualHosts[0]?.routes.map(({ action, match }) => {
      const specifier = action?.$case === "route" ? action.value.clusterSpecifier : undefined;
      return [specifier?.$case === "cluster" ? specifier.value : specifier?.$case, match?.headers.length];
    });
  expect(clustersOf({ to: "shop", match: { method: "GET" } })).toEqual([
    ["shop|high", 2],
    ["shop|low", 2],
    ["shop", 1],
  ]);
  expect(clustersOf({ to: "shop", match: { headers: [{ name: "x-priority", exact: "low" }] } })).toEqual([["shop", 1]]);
  const split = [
    { service: "shop", weight: 1 },
    { service: "carts", weight: 1 },
  ];
  expect(clustersOf({ to: split })).toEqual([["weightedClusters", 0]]);
});

describe("handling of a rule", () => {
  const services = [
    routed("shop", { timeouts: { requestMs: 700, idleMs: 90 }, retry: { attempts: 4 } }),
    routed("carts", { hashPolicy: [{ header: "x-user" }] }, true),
  ];

  function actionOf(rule: object) {
    const action = routesOf(services, [named("front", { rules: [rule] })]).virtualHosts[0]?.routes[0]?.action;
    if (action?.$case !== "route") throw new Error("no action");
    const { timeout, idleTimeout, retryPolicy, hashPolicy } = action.value;
    const ms = (duration: typeof timeout) => duration && Number(duration.seconds) * 1_000 + duration.nanos / 1e6;
    const keys = hashPolicy.map(({ policySpecifier: by }) =>
      by?.$case === "header" ? by.value.headerName : by?.$case,
    );
    return { timeout: ms(timeout), idle: ms(idleTimeout), retries: retryPolicy?.numRetries, keys };
  }

  test("is the service's, field by field, where the rule says nothing", () => {
    expect(actionOf({ to: "shop" })).toEqual({ timeout: 700, idle: 90, retries: 4, keys: [] });
    expect(actionOf({ to: "shop", timeouts: { requestMs: 0 } })).toEqual({
      timeout: 0,
      idle: 90,
      retries: 4,
      keys: [],
    });
    expect(actionOf({ to: [{ service: "shop", weight: 5 }], retry: { attempts: 1 } }).retries).toBe(1);
    expect(actionOf({ to: "carts" }).keys).toEqual(["x-user"]);
    expect(actionOf({ to: "carts", hashPolicy: [{ queryParameter: "id" }] }).keys).toEqual(["queryParameter"]);
  });

  test("is the default in a split, with a key when any target hashes", () => {
    const to = [{ service: "shop" }, { service: "carts" }];
    expect(actionOf({ to })).toEqual({
      timeout: 15_000,
      idle: undefined,
      retries: undefined,
      keys: ["x-route-key", "x-client-id", "x-request-id"],
    });
  });

  test("of a service that is gone is the default", () => {
    expect(actionOf({ to: "gone" })).toMatchObject({ timeout: 15_000, retries: undefined });
  });
});
