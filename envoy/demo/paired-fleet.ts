// Two equal fleets in one process: one registers itself with the control server, its twin serves the baseline. Whatever
// happens to a backend happens to its twin at the same instant.
import { seededRng } from "../../src/runtime/rng.js";
import { exponential, LabBackend } from "../lab/backend.js";
import { Registration } from "../lab/registration.js";
import type { Member } from "./cast.js";

export interface PairedFleetOptions {
  readonly apiUrl: string;
  readonly service: string;
  readonly serviceMeanMs: number;
  readonly seed: number;
}

export interface MemberState extends Member {
  readonly port: number;
  readonly twinPort: number;
  readonly slowdown: number;
  readonly failFraction: number;
  readonly received: number;
  readonly inFlight: number;
}

interface Pair {
  readonly backend: LabBackend;
  readonly twin: LabBackend;
  readonly registration: Registration;
}

export class PairedFleet {
  readonly #options: PairedFleetOptions;
  readonly #pairs = new Map<string, Pair>();
  #born = 0;

  constructor(options: PairedFleetOptions) {
    this.#options = options;
  }

  /** Starts a backend and its twin; the backend registers itself. */
  async join(member: Member): Promise<MemberState> {
    if (this.#pairs.has(member.name)) throw new Error(`${member.name} is here already`);
    const { apiUrl, service, serviceMeanMs, seed } = this.#options;
    this.#born += 1;
    const make = (): LabBackend => {
      const rng = seededRng(seed * 1_000 + this.#born); // twins draw the same service times
      return new LabBackend({ ...member, serviceTime: exponential(serviceMeanMs), rng });
    };
    const backend = make();
    const twin = make();
    await Promise.all([backend.start(), twin.start()]);
    const registration = new Registration({ apiUrl, service, id: member.name, port: backend.port });
    this.#pairs.set(member.name, { backend, twin, registration });
    await registration.start();
    return this.#state(member.name);
  }

  slow(name: string, factor: number): void {
    this.#both(name, (backend) => backend.inject({ slowdown: factor }));
  }

  fail(name: string, fraction: number): void {
    this.#both(name, (backend) => backend.inject({ failFraction: fraction }));
  }

  heal(name: string): void {
    this.#both(name, (backend) => backend.heal());
  }

  async drain(name: string): Promise<void> {
    await this.#pair(name).registration.drain();
  }

  /** Deregisters, then closes the backend and its twin. */
  async leave(name: string): Promise<void> {
    const { backend, twin, registration } = this.#pair(name);
    await registration.stop();
    this.#pairs.delete(name);
    await Promise.all([backend.stop(), twin.stop()]);
  }

  states(): readonly MemberState[] {
    return [...this.#pairs.keys()].map((name) => this.#state(name));
  }

  #state(name: string): MemberState {
    const { backend, twin } = this.#pair(name);
    const { slots, port, fault, received, inFlight } = backend;
    const { slowdown, failFraction } = fault;
    return { name, slots, port, twinPort: twin.port, slowdown, failFraction, received, inFlight };
  }

  #both(name: string, change: (backend: LabBackend) => void): void {
    const { backend, twin } = this.#pair(name);
    change(backend);
    change(twin);
  }

  #pair(name: string): Pair {
    const pair = this.#pairs.get(name);
    if (pair === undefined) throw new Error(`no backend ${name}; there are: ${[...this.#pairs.keys()].join(", ")}`);
    return pair;
  }
}
