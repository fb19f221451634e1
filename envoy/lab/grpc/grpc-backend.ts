// A plain gRPC server of the lab, with slots, one FIFO queue and a service time, as the HTTP backend has them; faults are
// the same switches: slower, failing, hanging.
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
  type UntypedHandleCall,
} from "@grpc/grpc-js";
import type { Rng } from "../../../src/runtime/rng.js";
import type { Fault as HttpFault, ServiceTime } from "../backend.js";
import { SAY } from "./say.js";

export interface GrpcBackendOptions {
  /** The answer to every call. */
  readonly name: string;
  /** Calls served at the same time, >= 1. */
  readonly slots: number;
  readonly serviceTime: ServiceTime;
  readonly rng: Rng;
}

type Fault = Pick<HttpFault, "slowdown" | "failFraction" | "hang">;

const NO_FAULT: Fault = { slowdown: 1, failFraction: 0, hang: false };

export class GrpcBackend {
  readonly name: string;
  readonly #options: GrpcBackendOptions;
  readonly #server = new Server();
  readonly #queue: (() => void)[] = [];
  #fault = NO_FAULT;
  #busy = 0;
  #received = 0;
  #port = 0;

  constructor(options: GrpcBackendOptions) {
    this.name = options.name;
    this.#options = options;
    const say: UntypedHandleCall = (call: ServerUnaryCall<string, string>, reply: sendUnaryData<string>) =>
      this.#onCall(call, reply);
    this.#server.addService({ say: SAY }, { say });
  }

  /** 0 until started. */
  get port(): number {
    return this.#port;
  }

  /** Calls that arrived since the start, whatever became of them. */
  get received(): number {
    return this.#received;
  }

  /** On loopback, at any free port. */
  async start(): Promise<void> {
    this.#port = await new Promise((resolve, reject) => {
      this.#server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
        if (error) reject(error);
        else resolve(port);
      });
    });
  }

  /** Switches the given faults; the others keep their state. */
  inject(fault: Partial<Fault>): void {
    this.#fault = { ...this.#fault, ...fault };
  }

  /** Cuts off what is in flight. */
  stop(): void {
    this.#server.forceShutdown();
  }

  #onCall(call: ServerUnaryCall<string, string>, reply: sendUnaryData<string>): void {
    this.#received += 1;
    const { hang, failFraction } = this.#fault;
    const { rng, name, slots } = this.#options;
    if (hang) return;
    if (failFraction > 0 && rng.next() < failFraction) {
      reply({ code: status.UNAVAILABLE, details: `${name} fails` });
      return;
    }
    const serve = (): void => this.#serve(call, reply);
    if (this.#busy < slots) serve();
    else this.#queue.push(serve);
  }

  /** A caller that has gone costs nothing. */
  #serve(call: ServerUnaryCall<string, string>, reply: sendUnaryData<string>): void {
    if (call.cancelled) {
      this.#queue.shift()?.();
      return;
    }
    this.#busy += 1;
    const { rng, serviceTime, name } = this.#options;
    setTimeout(() => {
      this.#busy -= 1;
      if (!call.cancelled) reply(null, name);
      this.#queue.shift()?.();
    }, serviceTime(rng) * this.#fault.slowdown);
  }
}
