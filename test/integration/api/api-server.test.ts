// The listeners: taken ports, addresses beyond loopback, slow clients, an orderly stop; and the diagnostics.
import { connect, createServer } from "node:net";
import { afterEach, expect, test } from "@jest/globals";
import express from "express";
import { ApiServer } from "../../../src/api/api-server.js";
import { createDiagnostics, type Readiness } from "../../../src/api/diagnostics.js";
import { systemClock } from "../../../src/runtime/clock.js";
import { silentLogger } from "../../../src/runtime/logger.js";

const running: ApiServer[] = [];

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

function serverAt(host: string, port: number, app = express()): ApiServer {
  const server = new ApiServer({
    name: "api",
    app,
    host,
    port,
    flag: "--api-address",
    clock: systemClock,
    logger: silentLogger,
    graceMs: 100,
  });
  running.push(server);
  return server;
}

test("a taken port names the flag", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as { port: number };
  await expect(serverAt("127.0.0.1", port).start()).rejects.toMatchObject({
    code: "ERR_ADDRESS_IN_USE",
    message: `127.0.0.1:${port} is taken: stop the process that listens there, or choose another address with --api-address`,
  });
  await new Promise((resolve) => other.close(resolve));
});

test.each(["0.0.0.0", "::", "10.1.2.3", "example.org"])("%s is beyond loopback", async (host) => {
  await expect(serverAt(host, 0).start()).rejects.toMatchObject({ code: "ERR_NOT_LOOPBACK" });
});

test("stop is idempotent, and cuts what hangs after the grace period", async () => {
  const app = express();
  let asked = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    asked = resolve;
  });
  app.get("/hang", () => asked());
  const server = serverAt("127.0.0.1", 0, app);
  await server.start();
  const hanging = fetch(`http://127.0.0.1:${server.port}/hang`).then(
    () => "answered",
    () => "cut",
  );
  await reached;
  await Promise.all([server.stop(), server.stop()]);
  expect(await hanging).toBe("cut");
  expect(server.port).toBe(0);
});

test("stop before start is harmless", async () => {
  await serverAt("127.0.0.1", 0).stop();
});

test("more sockets than allowed are dropped", async () => {
  const server = new ApiServer({
    name: "api",
    app: express(),
    host: "127.0.0.1",
    port: 0,
    flag: "--x",
    clock: systemClock,
    logger: silentLogger,
    maxConnections: 1,
    graceMs: 50,
  });
  running.push(server);
  await server.start();
  const first = connect(server.port, "127.0.0.1");
  await new Promise((resolve) => first.once("connect", resolve));
  const second = connect(server.port, "127.0.0.1");
  await new Promise((resolve) => second.once("close", resolve));
  expect(first.destroyed).toBe(false);
  first.destroy();
});

test("diagnostics: alive, ready with reasons, metrics", async () => {
  let readiness: Readiness = {
    ok: false,
    checks: [
      { name: "store", ok: true },
      { name: "xds", ok: false, detail: "no snapshot yet" },
    ],
  };
  const app = createDiagnostics({ ready: () => readiness, metricsText: async () => "up 1\n", logger: silentLogger });
  const server = serverAt("127.0.0.1", 0, app);
  await server.start();
  const get = async (path: string): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return [response.status, await response.text()];
  };
  expect(await get("/livez")).toEqual([200, "ok\n"]);
  expect(await get("/readyz")).toEqual([503, "not ready: xds\n"]);
  expect(await get("/readyz?verbose")).toEqual([503, "[+] store\n[-] xds: no snapshot yet\nnot ready\n"]);
  readiness = { ok: true, checks: [] };
  expect(await get("/readyz")).toEqual([200, "ok\n"]);
  expect(await get("/metrics")).toEqual([200, "up 1\n"]);
  expect((await get("/debug"))[0]).toBe(404);
});
