// Probes by the server, with a real Envoy in front: what is sick goes out and comes back, and nobody's request fails for it.
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { Server as NetServer } from "node:net";
import { afterEach, expect, test } from "@jest/globals";
import { ask } from "../../envoy/lab/ask.js";
import { listenOnLoopback } from "../../envoy/lab/listen.js";
import { Registration } from "../../envoy/lab/registration.js";
import { until } from "../../envoy/lab/until.js";
import type { RunningEnvoy } from "../../envoy/launch-envoy.js";
import type { InstanceAnswer, WeightsAnswer } from "../../src/api/answers.js";
import { Rig } from "./harness/rig.js";

let rig: Rig | undefined;
afterEach(() => rig?.stop());

/** Quick, and patient enough for a busy machine: a healthy instance would have to be late three times in a row. */
const PACE = { intervalMs: 400, timeoutMs: 400, unhealthyThreshold: 3, healthyThreshold: 2 };

interface Patient {
  readonly id: string;
  /** Fails its probes; requests are answered as ever. */
  fallSick(): Promise<void> | void;
  recover(): Promise<void> | void;
}

async function register(world: Rig, service: string, id: string, port: number): Promise<void> {
  const registration = new Registration({ apiUrl: world.server.api.url, service, id, port });
  world.defer(`beats of ${id}`, () => registration.silence());
  await registration.start();
}

async function httpBackend(world: Rig, service: string, id: string): Promise<Patient> {
  let healthy = true;
  const server = createServer((request, response) => {
    response.setHeader("x-backend", id);
    response.statusCode = request.url === "/healthz" && !healthy ? 500 : 200;
    response.end("ok\n");
  });
  server.keepAliveTimeout = 0;
  const port = await listenOnLoopback(server);
  world.defer(`backend ${id}`, () => {
    server.closeAllConnections();
    server.close();
  });
  await register(world, service, id, port);
  return { id, fallSick: () => void (healthy = false), recover: () => void (healthy = true) };
}

/** Sick is: it takes no new connections, while those that are open go on. */
async function tcpBackend(world: Rig, service: string, id: string): Promise<Patient> {
  const server = createServer((_request, response) => {
    response.setHeader("x-backend", id);
    response.end("ok\n");
  });
  server.keepAliveTimeout = 0;
  const port = await listenOnLoopback(server);
  world.defer(`backend ${id}`, () => {
    server.closeAllConnections();
    if (server.listening) server.close();
  });
  await register(world, service, id, port);
  return {
    id,
    // An HTTP server's own close() would end its idle connections too.
    fallSick: () => void NetServer.prototype.close.call(server),
    recover: async () => void (await listenOnLoopback(server, port)),
  };
}

async function grpcBackend(world: Rig, service: string, id: string): Promise<Patient> {
  const [serving, notServing] = [1, 2];
  let status = serving;
  const server = createHttp2Server();
  server.on("stream", (stream, headers) => {
    if (headers[":path"] !== "/grpc.health.v1.Health/Check") {
      stream.respond({ ":status": 200, "x-backend": id });
      stream.end("ok\n");
      return;
    }
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(Buffer.from([0, 0, 0, 0, 2, 8, status]));
  });
  const sessions = new Set<{ destroy(): void }>();
  server.on("session", (session) => sessions.add(session));
  const port = await listenOnLoopback(server);
  world.defer(`backend ${id}`, () => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  await register(world, service, id, port);
  return { id, fallSick: () => void (status = notServing), recover: () => void (status = serving) };
}

/** One request after the other, so that Envoy needs no second connection to anybody. Counts by backend. */
class Caller {
  readonly failures: string[] = [];
  #backends: string[] = [];
  #stopped = false;
  readonly #done: Promise<void>;

  constructor(world: Rig, service: string) {
    this.#done = this.#run(world.listenerPort, service);
    world.defer(`calls of ${service}`, () => this.stop());
  }

  /** Who answered the next `count` requests, after one that may be under way already. */
  async next(count: number): Promise<Map<string, number>> {
    const from = this.#backends.length + 1;
    await until(() => (this.#backends.length >= from + count ? true : undefined), { what: `${count} requests` });
    const counts = new Map<string, number>();
    for (const id of this.#backends.slice(from, from + count)) counts.set(id, (counts.get(id) ?? 0) + 1);
    return counts;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #run(port: number, host: string): Promise<void> {
    while (!this.#stopped) {
      try {
        const { status, headers } = await ask({ port, host });
        if (status !== 200) this.failures.push(`status ${status}`);
        this.#backends.push(String(headers["x-backend"]));
      } catch (thrown) {
        this.failures.push(String(thrown));
        this.#backends.push("none");
      }
    }
  }
}

async function untilEnvoyHas(envoy: RunningEnvoy, service: string, port: number, health: string): Promise<void> {
  await until(
    async () => {
      const hosts = (await envoy.admin.hosts(service)) ?? [];
      return hosts.some((host) => host.port === port && host.edsHealth === health) ? true : undefined;
    },
    { what: `${service}:${port} is ${health} in Envoy` },
  );
}

const instancesOf = async (world: Rig, service: string): Promise<readonly InstanceAnswer[]> =>
  ((await world.server.api.get(`/v1/services/${service}/instances`)) as { instances: InstanceAnswer[] }).instances;

async function portOf(world: Rig, service: string, id: string): Promise<number> {
  const found = (await instancesOf(world, service)).find((instance) => instance.id === id);
  if (found === undefined) throw new Error(`no instance ${id}`);
  return found.port;
}

test.each([
  ["http", { http: {} }, "http1", httpBackend, "UNHEALTHY", "HTTP 500"],
  ["tcp", { tcp: {} }, "http1", tcpBackend, "TIMEOUT", "ECONNREFUSED"],
  ["grpc", { grpc: {} }, "http2", grpcBackend, "UNHEALTHY", "NOT_SERVING"],
] as const)("%s probes take a sick instance out and bring it back, and no request fails", async (...row) => {
  const [service, check, protocol, backend, health, words] = row;
  const world = await Rig.create();
  rig = world;
  await world.startServer();
  await world.server.api.send("PUT", `/v1/services/${service}`, {
    algorithm: "round-robin",
    protocol,
    healthChecks: { check, ...PACE },
  });
  const envoy = await world.startEnvoy();
  const patients = await Promise.all(["a", "b", "c"].map((id) => backend(world, service, id)));
  await world.untilServing(service);
  await until(
    async () =>
      (await instancesOf(world, service)).every(({ probe }) => probe?.verdict === "passing") ? true : undefined,
    { what: "all pass" },
  );
  const [, sick] = patients as [Patient, Patient, Patient];
  const port = await portOf(world, service, sick.id);
  await untilEnvoyHas(envoy, service, port, "HEALTHY");
  const caller = new Caller(world, service);
  // All have a connection from Envoy when each has answered.
  await until(async () => ((await caller.next(12)).size === 3 ? true : undefined), { what: "all three answer" });

  await sick.fallSick();
  await untilEnvoyHas(envoy, service, port, "UNHEALTHY"); // Envoy's admin page says so of TIMEOUT, too
  expect((await caller.next(60)).get(sick.id)).toBeUndefined();
  const { endpoints } = (await world.server.api.get(`/v1/services/${service}/weights`)) as WeightsAnswer;
  expect(endpoints.find(({ instance }) => instance === sick.id)).toMatchObject({
    health,
    share: 0,
    reasons: [`probe: 3 failures in a row: ${words}`],
  });

  await sick.recover();
  await untilEnvoyHas(envoy, service, port, "HEALTHY");
  // Round robin over three: in any 60 requests everybody has some.
  expect([...(await caller.next(60)).keys()].toSorted()).toEqual(["a", "b", "c"]);
  await caller.stop();
  expect(caller.failures).toEqual([]);
});

test("when all fail their probes, all go on serving; across a crash of the server the failing stay out", async () => {
  const world = await Rig.create();
  rig = world;
  const service = "shop";
  await world.startServer();
  const policy = { algorithm: "round-robin", healthChecks: { check: { http: {} }, ...PACE } };
  await world.server.api.send("PUT", `/v1/services/${service}`, policy);
  const envoy = await world.startEnvoy();
  const [a, b, c] = (await Promise.all(["a", "b", "c"].map((id) => httpBackend(world, service, id)))) as [
    Patient,
    Patient,
    Patient,
  ];
  await world.untilServing(service);
  const caller = new Caller(world, service);
  for (const patient of [a, b, c]) await patient.fallSick();
  await until(
    async () => {
      const instances = await instancesOf(world, service);
      return instances.every(({ probe }) => probe?.verdict === "failing") ? instances : undefined;
    },
    { what: "all fail" },
  );
  expect((await instancesOf(world, service)).map(({ health, probe }) => [health, probe?.ignored])).toEqual(
    Array.from({ length: 3 }, () => ["HEALTHY", true]),
  );
  // The last to fail comes back at once: Envoy has to have heard of that, too.
  for (const { id } of [a, b, c]) await untilEnvoyHas(envoy, service, await portOf(world, service, id), "HEALTHY");
  expect([...(await caller.next(60)).keys()].toSorted()).toEqual(["a", "b", "c"]);
  const metrics = await (await fetch(`${world.server.diagnosticsUrl}/metrics`)).text();
  expect(metrics).toContain("steelyard_probe_ignored_services 1");

  await a.recover();
  await c.recover();
  const port = await portOf(world, service, b.id);
  await untilEnvoyHas(envoy, service, port, "UNHEALTHY");
  for (const { id } of [a, c]) await untilEnvoyHas(envoy, service, await portOf(world, service, id), "HEALTHY");
  await world.server.crash();
  await world.server.startAgain();
  await until(async () => (await instancesOf(world, service)).length === 3 || undefined, { what: "the catalogue" });
  expect((await instancesOf(world, service)).map(({ health }) => health)).toEqual(["HEALTHY", "UNHEALTHY", "HEALTHY"]);
  await until(async () => ((await envoy.admin.stat("control_plane.connected_state")) === 1 ? true : undefined), {
    what: "Envoy is connected again",
  });
  expect((await caller.next(60)).get(b.id)).toBeUndefined();
  await caller.stop();
  expect(caller.failures).toEqual([]);
});
