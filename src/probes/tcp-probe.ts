// Whether a connection can be opened. It is closed at once, with nothing sent.
import { connect } from "node:net";
import { failedConnection, HEALTHY } from "./outcome.js";
import type { Probe } from "./target.js";

export const tcpProbe: Probe = ({ address, port }, signal) =>
  new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const abort = (): void => void socket.destroy();
    signal.addEventListener("abort", abort, { once: true });
    socket.on("connect", () => {
      resolve(HEALTHY);
      socket.end();
      socket.resume();
    });
    socket.on("error", (error) => resolve(failedConnection(error)));
    socket.on("close", () => {
      signal.removeEventListener("abort", abort);
      resolve(failedConnection(undefined));
    });
  });
