// Listening on loopback with a port chosen by the system.
import type { Server } from "node:net";

/** Resolves to the port; rejects when the port cannot be bound. 0 = any. */
export function listenOnLoopback(server: Server, port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("not a TCP server"));
      else resolve(address.port);
    });
  });
}
