// What the configuration file declares is in force before the first proxy is let in, and the example of the docs works.
import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { ask } from "../../envoy/lab/ask.js";
import { until } from "../../envoy/lab/until.js";
import { manifestSchema } from "../../src/model/manifest.js";
import { Rig } from "./harness/rig.js";

let rig: Rig;
afterEach(() => rig.stop());

test("the worked example of docs/routes.md, declared by the configuration file", async () => {
  const [, example = ""] =
    /<!-- example:apply[^]*?```yaml\n([^]*?)```/.exec(readFileSync("docs/routes.md", "utf8")) ?? [];
  const declared = manifestSchema.parse(parse(example));
  rig = await Rig.create();
  await rig.startServer({ config: { services: declared.services, routes: declared.routes } });
  const { listenerPort: port } = rig;
  const envoy = await rig.startEnvoy();
  // Before any instance: the routes are there, and say that nobody can answer.
  const first = await until(async () => await ask({ port, host: "a.shop.example:1" }).catch(() => undefined), {
    what: "the listener is there",
  });
  expect(first.status).toBe(503);
  await Promise.all(
    ["shop", "shop-canary", "carts", "audit"].map((service) => rig.startBackend({ name: `${service}-1`, service })),
  );
  for (const service of ["shop", "carts", "audit"]) await rig.untilServing(service);
  await rig.untilInForce(); // the one among them that the split serves, too
  const answer = async (path: string, headers: Record<string, string> = {}) => {
    const { status, headers: got } = await ask({ port, host: "shop.example", path, headers });
    return [status, got["x-backend"], got["x-path"]];
  };
  expect(await answer("/")).toEqual([200, "shop-1", "/"]);
  expect(await answer("/carts/12")).toEqual([200, "carts-1", "/carts/12"]);
  expect(await answer("/carts/x")).toEqual([200, "shop-1", "/carts/x"]);
  expect(await answer("/healthz", { "x-probe": "1" })).toEqual([200, "carts-1", "/healthz"]);
  const [status, backend, path] = await answer("/api/v1/items");
  expect([status, path]).toEqual([200, "/items"]);
  expect(["shop-1", "shop-canary-1"]).toContain(backend);
  expect(await envoy.admin.stat("cluster_manager.cds.update_rejected")).toBe(0);
});
