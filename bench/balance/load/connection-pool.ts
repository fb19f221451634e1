// Keep-alive connections to one Envoy, last used first, one request in flight on each. Reads go into one buffer that all
// share: Node then makes no stream chunk per answer, which is half of what an answer costs.
import { connect, type Socket } from "node:net";
import { parseResponse, type Response } from "./response-head.js";

/** Called once per request; undefined = the connection broke. */
export type OnResponse = (response: Response | undefined) => void;

interface Connection {
  readonly socket: Socket;
  onResponse: OnResponse | undefined;
  partial: string;
}

const READ_BUFFER = Buffer.alloc(65_536);

export class ConnectionPool {
  readonly #port: number;
  readonly #onWake: () => void;
  readonly #idle: Connection[] = [];
  readonly #all = new Set<Connection>();

  /** `onWake` is called after each answer. */
  constructor(port: number, onWake: () => void) {
    this.#port = port;
    this.#onWake = onWake;
  }

  /** Sends the whole request on an idle connection, or on a new one. */
  send(request: string, onResponse: OnResponse): void {
    const connection = this.#idle.pop() ?? this.#open();
    connection.onResponse = onResponse;
    connection.socket.write(request, "latin1");
  }

  /** Breaks all connections; what is in flight is told so. */
  close(): void {
    for (const { socket } of this.#all) socket.destroy();
  }

  #open(): Connection {
    const onread = {
      buffer: READ_BUFFER,
      callback: (length: number): boolean => {
        this.#onData(connection, READ_BUFFER.toString("latin1", 0, length));
        return true;
      },
    };
    const socket = connect({ host: "127.0.0.1", port: this.#port, noDelay: true, onread });
    const connection: Connection = { socket, onResponse: undefined, partial: "" };
    socket.on("error", () => undefined); // "close" follows
    socket.on("close", () => this.#onClose(connection));
    socket.on("end", () => socket.destroy());
    this.#all.add(connection);
    return connection;
  }

  #onData(connection: Connection, text: string): void {
    connection.partial = connection.partial === "" ? text : connection.partial + text;
    const response = parseResponse(connection.partial);
    if (response !== undefined) {
      connection.partial = "";
      const { onResponse } = connection;
      connection.onResponse = undefined;
      this.#idle.push(connection);
      onResponse?.(response);
    }
    this.#onWake();
  }

  #onClose(connection: Connection): void {
    this.#all.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    connection.onResponse?.(undefined);
    connection.onResponse = undefined;
  }
}
