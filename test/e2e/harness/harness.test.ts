// The harness itself: one round through all its parts, and nothing left behind.

import { existsSync } from "node:fs";
import { afterEach, expect, test } from "@jest/globals";
import { Rig } from "./rig.js";

let rig: Rig | undefined;
afterEach(() => rig?.stop());

test("server, Envoy, backends and load run together, and stop() leaves nothing", async () => {
  rig = await Rig.create();
  const server = await rig.startServer();
  const envoy = await rig.startEnvoy();
  await rig.startBackends(2, { service: "shop" });
  expect(await rig.untilServing("shop")).toBeLessThan(3_000);

  const load = rig.startLoad({ service: "shop", rateRps: 100 });
  const fromMs = load.now();
  await load.requests(200);
  await load.stop();
  expect(load.summary(fromMs).errors).toBe(0);
  expect([...load.counts(fromMs).keys()].sort()).toEqual(["backend-1", "backend-2"]);
  expect(await envoy.admin.stat("cluster.shop.upstream_rq_total")).toBeGreaterThanOrEqual(200);
  expect((await envoy.admin.hosts("shop"))?.map((host) => host.edsHealth)).toEqual(["HEALTHY", "HEALTHY"]);
  expect((await envoy.admin.listeners()).map((listener) => listener.port)).toContain(rig.listenerPort);

  await rig.stop();
  expect([server.child.fate, envoy.child.fate]).not.toContain(undefined);
  expect(existsSync(rig.folder)).toBe(false);
});

test("a server that cannot start says why", async () => {
  rig = await Rig.create();
  await expect(rig.startServer({ flags: ["--no-such-flag"] })).rejects.toThrow(/exited with 2[\s\S]*--no-such-flag/);
});

test("an Envoy that cannot start says why", async () => {
  rig = await Rig.create();
  await rig.startServer();
  await expect(rig.startEnvoy({ transform: () => "no_such_field: 1" })).rejects.toThrow(
    /Envoy exited[\s\S]*no_such_field/,
  );
});
