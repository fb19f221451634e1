// A service of plain connections on a real Envoy: its own listener, and connections by weight.
import { afterEach, expect, test } from "@jest/globals";
import { ask } from "../../envoy/lab/ask.js";
import { freePorts } from "../../envoy/lab/ports.js";
import { until } from "../../envoy/lab/until.js";
import { Rig } from "./harness/rig.js";

let rig: Rig;
afterEach(() => rig.stop());

test("connections to the service's port go to its instances by weight, and its port is nobody else's", async () => {
  rig = await Rig.create();
  const server = await rig.startServer();
  const [port] = (await freePorts(1)) as [number];
  const protocol = { tcp: { port } };
  await server.api.send("PUT", "/v1/services/wire", { algorithm: "weighted-round-robin", protocol });
  const refused = await fetch(`${server.api.url}/v1/services/other`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ protocol }),
  });
  expect(refused.status).toBe(422);
  expect(await refused.json()).toMatchObject({ errors: [{ pointer: "/protocol/tcp/port" }] });

  const envoy = await rig.startEnvoy();
  await rig.startBackend({ name: "one", service: "wire", weight: 100 });
  await rig.startBackend({ name: "three", service: "wire", weight: 300 });
  await until(async () => ((await envoy.admin.hosts("wire"))?.length === 2 ? true : undefined), {
    what: "Envoy knows both instances",
  });
  const counts: Record<string, number> = { one: 0, three: 0 };
  for (let n = 0; n < 200; n++) {
    // Each request has a connection of its own; what is in it is nothing to Envoy.
    const { headers } = await ask({ port, host: "whatever" });
    counts[String(headers["x-backend"])] = (counts[String(headers["x-backend"])] ?? 0) + 1;
  }
  // Round robin over 1:3 is a fixed cycle of four; where it begins makes a difference of one.
  expect(counts["one"]).toBeGreaterThanOrEqual(49);
  expect(counts["one"]).toBeLessThanOrEqual(51);
  expect(counts["three"]).toBe(200 - (counts["one"] ?? 0));
  // The gateway knows hosts of requests only.
  expect((await ask({ port: rig.listenerPort, host: "wire" })).status).toBe(404);
});
