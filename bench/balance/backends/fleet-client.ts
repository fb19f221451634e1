// The director's hold on the process of all backends.
import { fileURLToPath } from "node:url";
import { Child } from "../../../envoy/lab/child.js";
import type { FleetCommand, FleetMessage, FleetRequest, FleetSpec } from "./fleet-messages.js";

/** Requests per step of time, by contender and host. */
export type Arrivals = readonly (readonly (readonly number[])[])[];

interface Pending {
  readonly resolve: (arrivals: Arrivals) => void;
  readonly reject: (error: Error) => void;
}

export class FleetClient {
  readonly child: Child;
  /** Port of each host, by contender. */
  ports: readonly (readonly number[])[] = [];
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  private constructor(spec: FleetSpec, logFile: string, onReady: () => void) {
    this.child = new Child({
      name: "the backends",
      command: process.execPath,
      args: [fileURLToPath(new URL("fleet-process.js", import.meta.url)), JSON.stringify(spec)],
      logFile,
      onMessage: (received) => {
        const message = received as FleetMessage;
        if (message.kind === "ready") {
          this.ports = message.ports;
          onReady();
          return;
        }
        const pending = this.#pending.get(message.id);
        this.#pending.delete(message.id);
        if (message.kind === "done") pending?.resolve(message.arrivals ?? []);
        else pending?.reject(new Error(`the backends: ${message.reason}`));
      },
    });
  }

  /** All backends are open when it resolves. */
  static async start(spec: FleetSpec, logFile: string): Promise<FleetClient> {
    let onReady: () => void = () => undefined;
    const ready = new Promise<void>((resolve) => {
      onReady = resolve;
    });
    const client = new FleetClient(spec, logFile, onReady);
    await Promise.race([ready, client.child.failOnEnd()]);
    return client;
  }

  /** Resolves when it has been done. @throws Error when it could not */
  async tell(command: Exclude<FleetCommand, { kind: "report" }>): Promise<void> {
    await this.#ask(command);
  }

  async arrivals(): Promise<Arrivals> {
    return this.#ask({ kind: "report" });
  }

  #ask(command: FleetCommand): Promise<Arrivals> {
    this.#lastId += 1;
    const id = this.#lastId;
    const answered = new Promise<Arrivals>((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    this.child.send({ id, command } satisfies FleetRequest);
    return Promise.race([answered, this.child.failOnEnd()]);
  }
}
