// Servers of one test on loopback, closed with all their connections when it is over.
import type { Server, Socket } from "node:net";
import { listenOnLoopback } from "../../../envoy/lab/listen.js";

const closing: (() => void)[] = [];

/** Resolves to the port. */
export function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  atEnd(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return listenOnLoopback(server);
}

export function atEnd(close: () => void): void {
  closing.push(close);
}

export function closeServers(): void {
  for (const close of closing.splice(0)) close();
}
