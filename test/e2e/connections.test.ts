// A service of plain connections on a real Envoy: its own listener, and connections by weight.
import { Agent, request } from "node:http";
import { setTimeout } from "node:timers/promises";
import { afterEach, expect, test } from "@jest/globals";
import { ask } from "../../envoy/lab/ask.js";
import { freePort } from "../../envoy/lab/ports.js";
import { until } from "../../envoy/lab/until.js";
import { Rig } from "./harness/rig.js";
import { untilHosts } from "./harness/until-hosts.js";

let rig: Rig;
afterEach(() => rig.stop());

test("connections to the service's port go to its instances by weight, and its port is nobody else's", async () => {
  rig = await Rig.create();
  const server = await rig.startServer();
  const port = await freePort();
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
  await untilHosts(envoy, "wire", 2);
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

test("a drain leaves open connections alone and waits for them, idle ones too; then it ends before its timeout", async () => {
  rig = await Rig.create();
  const { api } = await rig.startServer();
  const port = await freePort();
  await api.send("PUT", "/v1/services/wire", { algorithm: "round-robin", protocol: { tcp: { port } } });
  const envoy = await rig.startEnvoy();
  const backends = await rig.startBackends(2, { prefix: "b", service: "wire" });
  await untilHosts(envoy, "wire", 2);
  const connection = new OneConnection(port);
  rig.defer("the connection", () => connection.close());
  const name = await connection.ask();
  const { registration } = backends.find(({ backend }) => backend.name === name) ?? {};
  if (registration === undefined) throw new Error(`no backend ${name}`);

  await registration.drain({ timeoutSeconds: 120 });
  const open = await until(
    async () => {
      const { endpoints } = (await api.get("/v1/services/wire/weights")) as {
        endpoints: { instance: string; health: string; load?: { openConnections?: number } }[];
      };
      const { health, load } = endpoints.find(({ instance }) => instance === name) ?? {};
      return health === "DRAINING" ? load?.openConnections || undefined : undefined;
    },
    { what: "the open connection is reported", deadlineMs: 10_000 },
  );
  expect(open).toBe(1);
  // Twice as many reports, one a second, as would end the drain. The connection is idle for three of them at a time: the
  // backend closes one that is for five seconds.
  for (let reports = 1; reports <= 6; reports++) {
    await setTimeout(1_000);
    expect(await registration.isRegistered()).toBe(true);
    if (reports % 3 === 0) expect(await connection.ask()).toBe(name);
  }
  for (let n = 0; n < 10; n++) expect((await ask({ port, host: "x" })).headers["x-backend"]).not.toBe(name);

  connection.close();
  await until(async () => ((await registration.isRegistered()) ? undefined : true), {
    what: "the drain is over",
    deadlineMs: 10_000,
  });
});

/** Requests one after the other over one connection. */
class OneConnection {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** The backend at its other end. */
  async ask(): Promise<string> {
    return new Promise((resolve, reject) => {
      const call = request({ agent: this.#agent, host: "127.0.0.1", port: this.#port }, (response) => {
        response.resume();
        response.on("end", () => resolve(String(response.headers["x-backend"])));
      });
      call.on("error", reject);
      call.end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
