// What a proxy refuses leaves it as it was, and is told; proxies with other bootstraps on the same server converge.
import { afterEach, expect, test } from "@jest/globals";
import { ask } from "../../envoy/lab/ask.js";
import { until } from "../../envoy/lab/until.js";
import { nodesAnswerSchema } from "../../src/api/answers.js";
import { Rig } from "./harness/rig.js";

let rig: Rig | undefined;
afterEach(() => rig?.stop());

async function routesOf(server: { get(path: string): Promise<unknown> }, node: string) {
  const { nodes } = nodesAnswerSchema.parse(await server.get("/v1/nodes"));
  const types = nodes.find(({ id }) => id === node)?.types ?? [];
  return types.find(({ typeUrl }) => typeUrl.endsWith("RouteConfiguration"));
}

/** This Envoy takes no regular expression of more than three instructions: less than ours promises. */
const strictAboutRegex = (bootstrap: string): string =>
  `${bootstrap}\nlayered_runtime:\n  layers:\n  - name: strict\n    static_layer: {re2.max_program_size.error_level: 3}\n`;

test.each(["delta", "sotw"] as const)(
  "%s: routes that an Envoy refuses leave it with those before, are told, and are made good by the next",
  async (protocol) => {
    rig = await Rig.create();
    const { api } = await rig.startServer();
    await rig.startEnvoy({ protocol, transform: strictAboutRegex });
    await rig.startBackend({ name: "shop-1", service: "shop" });
    await rig.startBackend({ name: "other-1", service: "other" });
    await rig.untilServing("shop");
    await rig.untilServing("other");
    const { listenerPort: port } = rig;
    const answering = async (path = "/") => {
      const { status, headers } = await ask({ port, host: "front", path });
      return status === 200 ? headers["x-backend"] : status;
    };
    const put = (rules: object[]) => api.send("PUT", "/v1/routes/front", { domains: ["front"], rules });
    const answered = (path: string, expected: string) =>
      until(async () => ((await answering(path)) === expected ? true : undefined), { what: `${path} is ${expected}` });

    await put([{ to: "shop" }]);
    await answered("/", "shop-1");
    await put([{ match: { path: { regex: "/[a-z]+/[0-9]+" } }, to: "other" }, { to: "other" }]);
    const refused = await until(
      async () => {
        const routes = await routesOf(api, "edge-1");
        return routes?.state === "NACKED" ? routes : undefined;
      },
      { what: "the refusal is told" },
    );
    expect(refused.error?.message).toMatch(/program size/);
    expect(await answering()).toBe("shop-1");

    // Endpoints are another type: they go on changing while routes stand refused.
    await rig.startBackend({ name: "shop-2", service: "shop" });
    await answered("/", "shop-2");
    expect((await routesOf(api, "edge-1"))?.state).toBe("NACKED");

    await put([{ match: { path: { prefix: "/a" } }, to: "other" }, { to: "shop" }]);
    await answered("/a", "other-1");
    await until(async () => ((await routesOf(api, "edge-1"))?.state === "SYNCED" ? true : undefined), {
      what: "nothing stands refused",
    });
  },
);

test("a delta and a SotW Envoy on one server come to hold the same clusters, endpoints, listener and routes", async () => {
  rig = await Rig.create();
  const { api } = await rig.startServer();
  const [delta, sotw] = await Promise.all([
    rig.startEnvoy({ nodeId: "delta-1", protocol: "delta" }),
    rig.startEnvoy({ nodeId: "sotw-1", protocol: "sotw" }),
  ]);
  await rig.startBackends(3, { service: "shop", prefix: "shop" });
  const [first] = await rig.startBackends(2, { service: "other", prefix: "other" });
  const split = [
    { service: "shop", weight: 3 },
    { service: "other", weight: 1 },
  ];
  await api.send("PUT", "/v1/routes/front", { domains: ["front", "*.front"], rules: [{ to: split }] });
  const converged = (what: string, isThere: (config: ReadonlyMap<string, unknown>) => boolean) =>
    until(
      async () => {
        const [a, b] = await Promise.all([delta.admin.dynamicConfig(), sotw.admin.dynamicConfig()]);
        if (!isThere(a) || !isThere(b)) throw new Error([...a.keys(), "/", ...b.keys()].join(" "));
        expect(sorted(b)).toEqual(sorted(a));
        return sorted(a);
      },
      { what, deadlineMs: 10_000 },
    );

  const keys = ["cluster/other", "cluster/shop", "endpoint_config/other", "endpoint_config/shop", "listener/gateway"];
  const text = (config: ReadonlyMap<string, unknown>, key: string) => JSON.stringify(config.get(key) ?? null);
  const ports = (config: ReadonlyMap<string, unknown>, service: string) =>
    text(config, `endpoint_config/${service}`).match(/"port_value"/g)?.length ?? 0;
  const full = await converged(
    "both have everything",
    (config) =>
      ports(config, "shop") === 3 &&
      ports(config, "other") === 2 &&
      text(config, "route_config/gateway").includes("route/front"),
  );
  expect(full.map(([key]) => key)).toEqual([...keys, "route_config/gateway"]);

  // And after changes, one of each kind: an endpoint goes, a route goes, a service's policy changes.
  await first?.leave();
  await api.send("DELETE", "/v1/routes/front");
  await api.send("PUT", "/v1/services/shop", { algorithm: "round-robin" });
  await converged(
    "both have the changes",
    (config) =>
      ports(config, "other") === 1 &&
      !text(config, "route_config/gateway").includes("route/front") &&
      !text(config, "cluster/shop").includes("LEAST_REQUEST"),
  );
});

/** Endpoints and the order of localities are as Envoy keeps them; names are compared, not the order of a map. */
function sorted(config: ReadonlyMap<string, unknown>): readonly (readonly [string, unknown])[] {
  return [...config].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
