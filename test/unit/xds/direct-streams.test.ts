// The way past grpc-js opens with the one we ship, and with nothing else: what it does not know it leaves alone.
import { EventEmitter } from "node:events";
import type { ServerHttp2Stream } from "node:http2";
import { experimental, Server, ServerCredentials, ServerInterceptingCall } from "@grpc/grpc-js";
import { expect, test } from "@jest/globals";
import { serveDirectly } from "../../../src/xds/direct-streams.js";

const insecure = ServerCredentials.createInsecure();
const PATH = "/service/Method";
const gRPC = { ":path": PATH, "content-type": "application/grpc" };

/** Something with the one field of a grpc-js server that is looked at. */
const shaped = (http2Servers: unknown): Server => ({ http2Servers }) as unknown as Server;

test("a grpc-js server that accepts connections is known", () => {
  const server = new Server({ "grpc.enable_channelz": 0 });
  server.createConnectionInjector(insecure);
  expect(serveDirectly(server, insecure, new Map())).toBe(true);
  server.forceShutdown();
});

test("only plain gRPC streams of known methods are taken", () => {
  const http2 = new EventEmitter();
  const kept: unknown[] = [];
  const taken: unknown[] = [];
  http2.on("stream", (stream: unknown, headers: unknown, flags: unknown) => kept.push([stream, headers, flags]));
  const methods = new Map([[PATH, (stream: ServerHttp2Stream) => void taken.push(stream)]]);
  expect(serveDirectly(shaped(new Map([[http2, {}]])), insecure, methods)).toBe(true);

  http2.emit("stream", "plain", gRPC, 4);
  http2.emit("stream", "identity", { ...gRPC, "grpc-encoding": "identity" }, 4);
  expect([taken, kept]).toEqual([["plain", "identity"], []]);

  const others = [
    { ...gRPC, ":path": "/service/Other" },
    { ...gRPC, "grpc-encoding": "gzip" },
    { ...gRPC, "grpc-timeout": "1S" },
    { ":path": PATH, "content-type": "text/plain" },
    { ":path": PATH },
  ];
  for (const headers of others) http2.emit("stream", "other", headers, 4);
  expect(kept).toEqual(others.map((headers) => ["other", headers, 4]));
  expect(taken).toHaveLength(2);
});

test("another shape is left as it is", () => {
  const listener = (): void => undefined;
  const two = new EventEmitter().on("stream", listener).on("stream", listener);
  const shapes = [undefined, new Map(), new Map([[new EventEmitter(), {}]]), new Map([[two, {}]]), new Map([[{}, {}]])];
  for (const servers of shapes) expect(serveDirectly(shaped(servers), insecure, new Map())).toBe(false);
  expect(two.listeners("stream")).toEqual([listener, listener]);
});

test("interceptors of the credentials see their calls", () => {
  const server = new Server();
  const intercepted = experimental.createServerCredentialsWithInterceptors(insecure, [
    (_, call) => new ServerInterceptingCall(call, {}),
  ]);
  server.createConnectionInjector(intercepted);
  expect(serveDirectly(server, intercepted, new Map())).toBe(false);
  server.forceShutdown();
});
