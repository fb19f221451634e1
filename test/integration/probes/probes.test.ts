// Probes against real sockets: what counts as healthy, and that nothing a backend does costs more than a failed probe.
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { createServer as createTcpServer } from "node:net";
import { Server as GrpcServer, ServerCredentials } from "@grpc/grpc-js";
import { afterEach, describe, expect, test } from "@jest/globals";
import { HealthImplementation } from "grpc-health-check";
import { freePort } from "../../../envoy/lab/ports.js";
import { grpcProbe } from "../../../src/probes/grpc-probe.js";
import { httpProbe } from "../../../src/probes/http-probe.js";
import type { ProbeOutcome } from "../../../src/probes/outcome.js";
import type { Probe, ProbeTarget } from "../../../src/probes/target.js";
import { tcpProbe } from "../../../src/probes/tcp-probe.js";
import { atEnd, closeServers, listen } from "./servers.js";

afterEach(closeServers);

const http = (handler: RequestListener): Promise<number> => listen(createServer(handler));
/** Writes `bytes` to whoever connects. */
const raw = (bytes: string | Buffer): Promise<number> => listen(createTcpServer((socket) => socket.write(bytes)));

function ask(probe: Probe, port: number, given: Partial<ProbeTarget> = {}, signal = AbortSignal.timeout(5_000)) {
  return probe({ address: "127.0.0.1", port, service: "shop", protocol: "http1", tls: undefined, ...given }, signal);
}

const refused = (detail: string): ProbeOutcome => ({ healthy: false, answered: true, detail });
const silent = (detail: unknown): unknown => ({ healthy: false, answered: false, detail });

describe("HTTP", () => {
  const probe = httpProbe({ path: "/healthz", statuses: [200, 204] });

  test("asks the path with the service's name as host, on a connection of its own", async () => {
    const seen: unknown[] = [];
    const port = await http((request, response) => {
      seen.push([
        request.method,
        request.url,
        request.headers.host,
        request.headers["user-agent"],
        request.headers.connection,
      ]);
      response.writeHead(204).end();
    });
    expect(await ask(probe, port)).toEqual({ healthy: true });
    expect(await ask(httpProbe({ path: "/x?y=1", host: "other", statuses: [204] }), port)).toEqual({ healthy: true });
    expect(seen).toEqual([
      ["GET", "/healthz", "shop", "steelyard-probe", "close"],
      ["GET", "/x?y=1", "other", "steelyard-probe", "close"],
    ]);
  });

  test("any other status is a refusal, and a redirect is not followed", async () => {
    let asked = 0;
    const port = await http((_request, response) => {
      asked += 1;
      response.writeHead(302, { location: "/elsewhere" }).end();
    });
    expect(await ask(probe, port)).toEqual(refused("HTTP 302"));
    expect(asked).toBe(1);
  });

  test("a body without an end is not read to it", async () => {
    let closed: Promise<unknown> | undefined;
    const port = await http((_request, response) => {
      response.writeHead(200);
      const write = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(4_096))) continue;
      };
      response.on("drain", write);
      closed = once(response, "close");
      write();
    });
    expect(await ask(probe, port)).toEqual({ healthy: true });
    await closed; // the prober has hung up by itself
  });

  test("HTTP/2 where the service speaks it", async () => {
    const server = createHttp2Server();
    server.on("stream", (stream, headers) => {
      stream.respond({ ":status": headers[":path"] === "/healthz" && headers[":authority"] === "shop" ? 200 : 404 });
      stream.end();
    });
    const port = await listen(server);
    expect(await ask(probe, port, { protocol: "http2" })).toEqual({ healthy: true });
    expect(await ask(httpProbe({ path: "/no", statuses: [200] }), port, { protocol: "http2" })).toEqual(
      refused("HTTP 404"),
    );
  });

  test.each([
    ["garbage", "SSH-2.0-OpenSSH_9.9\r\n\r\n"],
    ["headers without an end", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(100_000)}`],
    ["two content lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n"],
  ])("an answer that is none: %s", async (_what, bytes) => {
    expect(await ask(probe, await raw(bytes))).toEqual(silent(expect.stringMatching(/^HPE_/)));
  });

  test("nobody listens, or nobody answers in time", async () => {
    expect(await ask(probe, await freePort())).toEqual(silent("ECONNREFUSED"));
    const port = await http(() => undefined);
    expect(await ask(probe, port, {}, AbortSignal.timeout(50))).toMatchObject({ healthy: false, answered: false });
    expect(await ask(probe, port, { protocol: "http2" }, AbortSignal.timeout(50))).toMatchObject({ healthy: false });
  });
});

describe("TCP", () => {
  test("connecting is enough, and the connection is closed at once with nothing sent", async () => {
    const received: Buffer[] = [];
    let ended: Promise<unknown> | undefined;
    const server = createTcpServer((socket) => {
      socket.on("data", (bytes) => received.push(bytes));
      ended = once(socket, "end");
    });
    const port = await listen(server);
    expect(await ask(tcpProbe, port)).toEqual({ healthy: true });
    await ended;
    expect(received).toEqual([]);
  });

  test("nobody listens", async () => {
    expect(await ask(tcpProbe, await freePort())).toEqual(silent("ECONNREFUSED"));
  });
});

describe("gRPC", () => {
  async function grpcBackend(): Promise<{ readonly port: number; readonly health: HealthImplementation }> {
    const health = new HealthImplementation({ "": "SERVING", "shop.Cart": "NOT_SERVING" });
    const server = new GrpcServer();
    health.addToServer(server);
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    atEnd(() => server.forceShutdown());
    return { port, health };
  }

  test("SERVING is healthy; NOT_SERVING, and a service that is not known, are refusals", async () => {
    const { port, health } = await grpcBackend();
    expect(await ask(grpcProbe(""), port)).toEqual({ healthy: true });
    expect(await ask(grpcProbe("shop.Cart"), port)).toEqual(refused("NOT_SERVING"));
    expect(await ask(grpcProbe("no.such"), port)).toEqual(refused("gRPC status 5"));
    health.setStatus("", "NOT_SERVING");
    expect(await ask(grpcProbe(""), port)).toEqual(refused("NOT_SERVING"));
  });

  test("a gRPC server without health service, an HTTP/2 server, an HTTP/1 server", async () => {
    const server = new GrpcServer();
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    atEnd(() => server.forceShutdown());
    expect(await ask(grpcProbe(""), port)).toEqual(refused("gRPC status 12"));
    const plain = createHttp2Server();
    plain.on("stream", (stream) => {
      stream.respond({ ":status": 404 });
      stream.end();
    });
    expect(await ask(grpcProbe(""), await listen(plain))).toEqual(refused("HTTP 404"));
    expect(await ask(grpcProbe(""), await http((_request, response) => response.end()))).toMatchObject({
      healthy: false,
    });
  });

  test.each([
    ["no message", Buffer.alloc(0)],
    ["a compressed message", Buffer.from([1, 0, 0, 0, 2, 8, 1])],
    ["a length that is not its own", Buffer.from([0, 0, 0, 0, 9, 8, 1])],
    ["no protobuf", Buffer.from([0, 0, 0, 0, 2, 0x0f, 0xff])],
  ])("an OK with %s is a refusal", async (_what, body) => {
    const server = createHttp2Server();
    server.on("stream", (stream) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(body);
    });
    expect(await ask(grpcProbe(""), await listen(server))).toEqual(refused("not a HealthCheckResponse"));
  });

  test("an answer without an end is a refusal, and the connection is closed", async () => {
    const server = createHttp2Server();
    let closed: Promise<unknown> | undefined;
    server.on("stream", (stream) => {
      closed = once(stream, "close");
      stream.on("error", () => undefined);
      stream.respond({ ":status": 200 });
      stream.write(Buffer.alloc(64_000));
    });
    expect(await ask(grpcProbe(""), await listen(server))).toEqual(refused("more than 4096 bytes of answer"));
    await closed;
  });
});
