// Who is in the pool, told to every contender in its own way: registrations at the control server, files for the static
// ones, and for the oracle also the true capacities. All of them learn of a change at the same instant.
import { Registration } from "../../envoy/lab/registration.js";
import type { Contender } from "./contenders.js";
import { type Endpoint, equalWeights, weightsForShares, writeEndpoints } from "./proxies/endpoints-file.js";

export interface MembershipOptions {
  readonly contenders: readonly Contender[];
  /** Port of each host, by contender. */
  readonly ports: readonly (readonly number[])[];
  readonly slots: readonly number[];
  readonly absent: readonly number[];
  /** Of the control server. */
  readonly apiUrl: string;
  readonly endpointsFile: (contender: string) => string;
  /** Requests in flight per Envoy worker that the oracle's weights are made for. */
  readonly inFlightPerWorker: number;
}

interface Host {
  readonly index: number;
  readonly slots: number;
  present: boolean;
  draining: boolean;
  /** What the oracle knows, 0..1. */
  capacity: number;
}

export class Membership {
  readonly #options: MembershipOptions;
  readonly #hosts: readonly Host[];
  readonly #registrations = new Map<string, Registration>();

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#hosts = options.slots.map((slots, index) => ({
      index,
      slots,
      present: !options.absent.includes(index),
      draining: false,
      capacity: 1,
    }));
  }

  /** Writes all files and registers all that are present. */
  async begin(): Promise<void> {
    this.#write();
    const present = this.#hosts.filter(({ present }) => present);
    await Promise.all(present.map(({ index }) => this.#register(index)));
  }

  tellOracle(host: number, capacity: number): void {
    this.#host(host).capacity = capacity;
    this.#write();
  }

  async drain(host: number): Promise<void> {
    this.#host(host).draining = true;
    this.#write();
    await this.#each(host, (registration) => registration.drain());
  }

  /** Its backends may be closed when it resolves. */
  async leave(host: number): Promise<void> {
    this.#host(host).present = false;
    this.#write();
    await this.#each(host, (registration) => registration.stop());
  }

  async join(host: number): Promise<void> {
    Object.assign(this.#host(host), { present: true, draining: false });
    this.#write();
    await this.#register(host);
  }

  /** No more heartbeats. */
  async stop(): Promise<void> {
    for (const registration of this.#registrations.values()) registration.silence();
  }

  async #register(host: number): Promise<void> {
    const { contenders, ports, apiUrl } = this.#options;
    const starts = contenders.map(async ({ kind, name }, i) => {
      if (kind !== "steelyard") return;
      const id = hostId(host);
      const registration = new Registration({ apiUrl, service: name, id, port: ports[i]?.[host] ?? 0 });
      this.#registrations.set(`${name}/${id}`, registration);
      await registration.start();
    });
    await Promise.all(starts);
  }

  async #each(host: number, act: (registration: Registration) => Promise<void>): Promise<void> {
    const found = this.#options.contenders.flatMap(
      ({ name }) => this.#registrations.get(`${name}/${hostId(host)}`) ?? [],
    );
    await Promise.all(found.map(act));
  }

  #write(): void {
    const { contenders, ports, endpointsFile, inFlightPerWorker } = this.#options;
    const present = this.#hosts.filter((host) => host.present);
    const trueWeights = weightsForShares(
      present.map(({ slots, capacity, draining }) => (draining ? 0 : slots * capacity)),
      inFlightPerWorker,
    );
    contenders.forEach((contender, i) => {
      if (contender.kind !== "static") return;
      const knows = contender.weights === "true-capacity";
      const weights = knows ? trueWeights : equalWeights(present.length);
      const endpoints = present.map(
        ({ index, draining, capacity }, at): Endpoint => ({
          port: ports[i]?.[index] ?? 0,
          weight: weights[at] ?? 1,
          health: draining ? "DRAINING" : knows && capacity === 0 ? "UNHEALTHY" : "HEALTHY",
        }),
      );
      writeEndpoints(endpointsFile(contender.name), contender.name, endpoints);
    });
  }

  #host(index: number): Host {
    const host = this.#hosts[index];
    if (host === undefined) throw new Error(`no host ${index}`);
    return host;
  }
}

function hostId(host: number): string {
  return `host-${host}`;
}
