import { describe, expect, it } from "@jest/globals";
import { parseServiceName } from "../../../src/model/ids.js";
import { DEFAULT_SERVICE_POLICY } from "../../../src/model/service.js";
import { listenerOf, routesOf } from "../../../src/translate/gateway.js";

const routed = (name: string) => ({ service: parseServiceName(name), policy: DEFAULT_SERVICE_POLICY, hashed: false });

describe("routes", () => {
  it("answer to names only: one service alone is no catch-all", () => {
    expect(routesOf([routed("checkout")]).virtualHosts.flatMap(({ domains }) => domains)).toEqual([
      "checkout",
      "checkout:*",
    ]);
  });

  it("do not depend on the order of services", () => {
    expect(routesOf([routed("b"), routed("a")])).toEqual(routesOf([routed("a"), routed("b")]));
  });

  it("refuse two services of one name", () => {
    expect(() => routesOf([routed("a"), routed("b"), routed("a")])).toThrow("two services named a");
  });
});

describe("listener", () => {
  it.each([
    ["localhost", 10_000],
    ["", 10_000],
    ["127.0.0.1", 0],
    ["127.0.0.1", 65_536],
    ["127.0.0.1", 80.5],
  ])("is refused at %p port %p", (address, port) => {
    expect(() => listenerOf({ address, port })).toThrow(expect.objectContaining({ code: "ERR_CONFIG_INVALID" }));
  });

  it("may be IPv6", () => {
    expect(listenerOf({ address: "::1", port: 10_000 }).address?.address).toMatchObject({ value: { address: "::1" } });
  });
});
