// The registry: who offers which service, as the instances and the operators say. Registrations are durable, heartbeats
// live in memory alone and work while the store is away. Others read `services`; nobody waits for the store to read.

import { SteelyardError } from "../model/errors.js";
import type { InstanceId, ServiceName } from "../model/ids.js";
import type { AdminState, CatalogueInstance, Instance } from "../model/instance.js";
import { tcpPortOf } from "../model/policy/protocol.js";
import { withSecretsOf } from "../model/policy/secrets.js";
import type { ServicePolicy, ServiceSnapshot } from "../model/service.js";
import type { Clock } from "../runtime/clock.js";
import type { Component } from "../runtime/component.js";
import { silentLogger } from "../runtime/logger.js";
import { type MetricSink, noMetrics } from "../runtime/metrics.js";
import { systemRng } from "../runtime/rng.js";
import type { WatchableMap } from "../runtime/watchable-map.js";
import { Catalogue } from "./catalogue.js";
import { CatalogueWriter } from "./catalogue-writer.js";
import type { ImportedEndpoint } from "./cluster-load-assignment.js";
import { assertFailover, failoverServices } from "./failover-rules.js";
import { type Imported, type ImportOptions, InstanceImporter } from "./instance-importer.js";
import type { InstancePatch, InstanceSpec } from "./instance-spec.js";
import { KeyedLock } from "./keyed-lock.js";
import { LeaseBook } from "./lease-book.js";
import { type LeaseGrant, LeaseGranter } from "./lease-grant.js";
import { LeaseKeeper } from "./lease-keeper.js";
import { DEFAULT_REGISTRY_LIMITS } from "./limits.js";
import { assertPort } from "./port-rules.js";
import { putPolicy, serviceKey } from "./records.js";
import {
  assertDrainTimes,
  assertRevision,
  decisionOf,
  generationConflict,
  generationsDiffer,
  instanceFromSpec,
  patchedInstance,
  samePolicy,
  unknownInstance,
} from "./registration-rules.js";
import type { Heartbeat, Registered, RegisterOptions, RegistryOptions } from "./registry-options.js";
import type { Entry } from "./service-book.js";
import { SnapshotPublisher } from "./snapshot-publisher.js";

export class Registry implements Component {
  readonly name = "registry";
  /** Immutable snapshots by service. A service without instances is in it while it is declared, or was just emptied. */
  readonly services: WatchableMap<ServiceName, ServiceSnapshot>;
  readonly #clock: Clock;
  readonly #metrics: MetricSink;
  readonly #gatewayPort: number | undefined;
  readonly #policyCheck: (policy: ServicePolicy) => void;
  readonly #usersOf: (service: ServiceName) => readonly string[];
  /** Of policies that name other services: each must see those before it, or two could close a circle together. */
  readonly #references = new KeyedLock();
  readonly #leases: LeaseBook;
  readonly #catalogue: Catalogue;
  readonly #writer: CatalogueWriter;
  readonly #publisher: SnapshotPublisher;
  readonly #granter: LeaseGranter;
  readonly #keeper: LeaseKeeper;
  readonly #importer: InstanceImporter;

  constructor(options: RegistryOptions) {
    const { store, clock, logger = silentLogger, metrics = noMetrics, rng = systemRng, canHear = () => true } = options;
    const leases = new LeaseBook(clock.nowMs());
    const publisher = new SnapshotPublisher(options.healthOverlay);
    this.#publisher = publisher;
    const catalogue = new Catalogue({
      leases,
      limits: { ...DEFAULT_REGISTRY_LIMITS, ...options.limits },
      onChange: (book) => publisher.touch(book),
    });
    const writer = new CatalogueWriter({ store, catalogue, publisher, clock, logger, metrics });
    this.services = publisher.services;
    this.#clock = clock;
    this.#metrics = metrics;
    this.#gatewayPort = options.gatewayPort;
    this.#policyCheck = options.policyCheck ?? (() => undefined);
    this.#usersOf = options.usersOf ?? (() => []);
    this.#leases = leases;
    this.#catalogue = catalogue;
    this.#writer = writer;
    this.#importer = new InstanceImporter({ catalogue, writer, clock });
    this.#granter = new LeaseGranter({ leases, store, clock, rng });
    this.#keeper = new LeaseKeeper({ leases, catalogue, writer, publisher, store, clock, logger, metrics, canHear });
  }

  /** Loads the catalogue; every lease then has max(ttl, 90 s) to be heard. @throws SteelyardError ERR_STORE_UNAVAILABLE */
  async start(): Promise<void> {
    await this.#writer.load();
    this.#keeper.start();
  }

  async stop(): Promise<void> {
    await this.#keeper.stop();
  }

  /**
   * Creates or replaces an instance; a registration that changes nothing is a heartbeat and costs no revision.
   * An address that a silent or draining instance of the service holds goes over to this one, and the other is removed.
   * @throws SteelyardError ERR_ALREADY_EXISTS, ERR_REVISION_MISMATCH, ERR_GENERATION_CONFLICT, ERR_ADDRESS_CONFLICT,
   *   ERR_QUOTA_EXCEEDED, ERR_STORE_UNAVAILABLE, ERR_STORE_FULL
   */
  async register(
    service: ServiceName,
    id: InstanceId,
    spec: InstanceSpec,
    options: RegisterOptions = {},
  ): Promise<Registered> {
    const { entry, outcome } = await this.#writer.write(service, id, (known) => {
      if (known && options.ifNoneMatch === true) {
        throw new SteelyardError("ERR_ALREADY_EXISTS", `instance ${id} of ${service} is registered already`);
      }
      assertRevision(`instance ${id} of ${service}`, known?.registration.instance.revision, options.ifMatch);
      if (known) this.#hear(known, spec.generation, options.takeover);
      return decisionOf(
        known?.registration,
        instanceFromSpec(service, id, spec, known?.registration.instance, this.#clock.wallMs()),
      );
    });
    if (!entry || outcome === "removed") throw unknownInstance(service, id);
    this.#metrics.count("steelyard_registry_registrations_total", { outcome });
    return { instance: entry.view, outcome, lease: this.#granter.grant(entry.lease) };
  }

  /**
   * Makes the imported instances of a service what is given, in one step: new ones come, others change, and those that are
   * not given any more go. Instances that registered themselves stay.
   * @throws SteelyardError ERR_WOULD_EMPTY_SERVICE, ERR_ADDRESS_CONFLICT, ERR_QUOTA_EXCEEDED, of the store
   */
  async importInstances(
    service: ServiceName,
    endpoints: readonly ImportedEndpoint[],
    options: ImportOptions = {},
  ): Promise<Imported> {
    const imported = await this.#importer.import(service, endpoints, options);
    for (const outcome of ["created", "changed", "unchanged"] as const) {
      this.#metrics.count("steelyard_registry_registrations_total", { outcome }, imported[outcome]);
    }
    return imported;
  }

  /** @throws SteelyardError ERR_UNKNOWN_INSTANCE, ERR_REVISION_MISMATCH, ERR_INVALID_REQUEST, of the store */
  async patch(
    service: ServiceName,
    id: InstanceId,
    patch: InstancePatch,
    options: { readonly ifMatch: number },
  ): Promise<CatalogueInstance> {
    return this.#change(service, id, (instance) => {
      assertRevision(`instance ${id} of ${service}`, instance.revision, options.ifMatch);
      return patchedInstance(instance, patch);
    });
  }

  /**
   * Returns false when there was no such instance.
   * @throws SteelyardError ERR_REVISION_MISMATCH, ERR_GENERATION_CONFLICT, of the store
   */
  async deregister(
    service: ServiceName,
    id: InstanceId,
    options: { readonly ifMatch?: number | undefined; readonly generation?: string | undefined } = {},
  ): Promise<boolean> {
    const { outcome } = await this.#writer.write(service, id, (known) => {
      if (!known) return { type: "keep" };
      const { instance } = known.registration;
      if (generationsDiffer(instance.generation, options.generation)) throw generationConflict(service, id);
      assertRevision(`instance ${id} of ${service}`, instance.revision, options.ifMatch);
      return { type: "remove" };
    });
    return outcome === "removed";
  }

  /**
   * Memory only, so it works while the store is away. A status in the beat takes effect at once and is saved soon; it
   * does not call off a drain.
   * @throws SteelyardError ERR_UNKNOWN_INSTANCE (register again), ERR_GENERATION_CONFLICT
   */
  heartbeat(service: ServiceName, id: InstanceId, beat: Heartbeat = {}): LeaseGrant {
    const result = this.tryHeartbeat(service, id, beat);
    if (result === "unknown") throw unknownInstance(service, id);
    if (result === "generation") throw generationConflict(service, id);
    return result;
  }

  /** The same for batches, in which beats of unknown instances are no exception. */
  tryHeartbeat(service: ServiceName, id: InstanceId, beat: Heartbeat = {}): LeaseGrant | "unknown" | "generation" {
    const known = this.#catalogue.find(service, id);
    // Nobody beats for an imported one: a process that does shall register, and so take it over.
    if (!known || known.registration.instance.imported === true) return this.#refused("unknown");
    const { instance, drainTimeoutMs } = known.registration;
    if (generationsDiffer(instance.generation, beat.generation)) return this.#refused("generation");
    this.#metrics.count("steelyard_registry_heartbeats_total", { result: "ok" });
    this.#beat(known);
    if (beat.status !== undefined && beat.status !== instance.status && drainTimeoutMs === undefined) {
      this.#catalogue.setStatus(known, beat.status);
    }
    return this.#granter.grant(known.lease);
  }

  /**
   * Takes no new requests after the ramp, in which its share shrinks (default 0), and is removed after the timeout that
   * begins then (each 0 to 3,600,000 ms), unless it registers anew or a patch changes its status. Repeating it with the
   * same times changes nothing; a restart ends the ramp and starts the timeout anew.
   * @throws SteelyardError ERR_UNKNOWN_INSTANCE, ERR_INVALID_REQUEST, of the store
   */
  async drain(
    service: ServiceName,
    id: InstanceId,
    { timeoutMs, rampMs = 0 }: { readonly timeoutMs: number; readonly rampMs?: number },
  ): Promise<CatalogueInstance> {
    assertDrainTimes({ timeoutMs, rampMs });
    const { entry } = await this.#writer.write(service, id, (known) => {
      if (!known) throw unknownInstance(service, id);
      const { instance, drainTimeoutMs, drainRampMs = 0 } = known.registration;
      const drains = instance.status === "draining";
      if (drains && drainTimeoutMs === timeoutMs && drainRampMs === rampMs) return { type: "keep" };
      return {
        type: "put",
        registration: {
          instance: { ...instance, status: "draining" },
          drainTimeoutMs: timeoutMs,
          // Who takes nothing any more does not start again.
          drainRampMs: drains && known.view.drain?.left === 0 ? 0 : rampMs,
        },
      };
    });
    if (!entry) throw unknownInstance(service, id);
    return entry.view;
  }

  /**
   * A drained instance has nothing in flight any more: it is removed before its timeout. Returns whether it was; not when it
   * registered anew meanwhile, or was never asked to drain.
   * @throws SteelyardError of the store
   */
  async finishDrain(service: ServiceName, id: InstanceId): Promise<boolean> {
    const { outcome } = await this.#writer.write(service, id, (known) => ({
      type: known?.view.drain?.left === 0 ? "remove" : "keep",
    }));
    return outcome === "removed";
  }

  /** The operator's word, which outlives registrations. @throws SteelyardError ERR_UNKNOWN_INSTANCE, of the store */
  async setAdminState(service: ServiceName, id: InstanceId, state: AdminState): Promise<CatalogueInstance> {
    return this.#change(service, id, (instance) => ({ ...instance, adminState: state }));
  }

  /**
   * Declares a service, or changes its policy. `ifMatch` is the revision of the policy or of the snapshot.
   * @throws SteelyardError ERR_UNKNOWN_POLICY, ERR_INVALID_REQUEST (failover to unknown services or in a circle, a port that is taken),
   *   ERR_ALREADY_EXISTS, ERR_REVISION_MISMATCH, ERR_QUOTA_EXCEEDED, of the store
   */
  async putService(
    service: ServiceName,
    given: ServicePolicy,
    options: { readonly ifNoneMatch?: boolean; readonly ifMatch?: number | undefined } = {},
  ): Promise<{ readonly snapshot: ServiceSnapshot; readonly outcome: "created" | "changed" | "unchanged" }> {
    const policy = withSecretsOf(given, this.services.get(service)?.policy);
    this.#policyCheck(policy);
    let outcome: "created" | "changed" | "unchanged" = "unchanged";
    const write = () =>
      this.#writer.writeKey(
        serviceKey(service),
        () => {
          const book = this.#catalogue.book(service);
          if (book?.visible === true && options.ifNoneMatch === true) {
            throw new SteelyardError("ERR_ALREADY_EXISTS", `service ${service} exists already`);
          }
          this.#assertServiceRevision(service, options.ifMatch);
          assertFailover(service, policy, (name) => this.services.get(name)?.policy);
          assertPort(service, policy, this.#gatewayPort, this.services.entries());
          this.#catalogue.assertRoomForService(service);
          if (book?.declared === true && samePolicy(book.policy, policy)) return undefined;
          outcome = book?.visible === true ? "changed" : "created";
          return putPolicy(service, policy);
        },
        (revision) => this.#catalogue.declare(service, policy, revision),
      );
    const looksAtOthers = failoverServices(policy).length > 0 || tcpPortOf(policy) !== undefined;
    await (looksAtOthers ? this.#references.run("others", write) : write());
    const snapshot = this.services.get(service);
    if (!snapshot) throw new SteelyardError("ERR_UNKNOWN_SERVICE", `service ${service} was deleted meanwhile`);
    return { snapshot, outcome };
  }

  /**
   * Takes back the declaration: with instances the service lives on under the default policy, without it is gone.
   * Instances are never removed by this. Returns false when there was no such service.
   * @throws SteelyardError ERR_SERVICE_IN_USE while others name it, ERR_REVISION_MISMATCH, of the store
   */
  async deleteService(service: ServiceName, options: { readonly ifMatch?: number | undefined } = {}): Promise<boolean> {
    const existed = this.#catalogue.book(service)?.visible === true;
    await this.#writer.writeKey(
      serviceKey(service),
      () => {
        const book = this.#catalogue.book(service);
        if (book?.visible === true) {
          this.#assertServiceRevision(service, options.ifMatch);
          this.#assertUnused(service);
        }
        return book?.declared === true || book?.emptiedAtMs !== undefined
          ? { type: "delete", key: serviceKey(service) }
          : undefined;
      },
      () => this.#catalogue.undeclare(service),
    );
    return existed;
  }

  get(service: ServiceName, id: InstanceId): CatalogueInstance | undefined {
    return this.#catalogue.find(service, id)?.view;
  }

  /** The overlay has something new to say about the health of this service. */
  healthChanged(service: ServiceName): void {
    const book = this.#catalogue.book(service);
    if (book) this.#publisher.touch(book);
  }

  /** Of the whole catalogue; grows with every change, also of leases. Kept across restarts. */
  revision(): number {
    return this.#publisher.revision;
  }

  /** Revision at which the policy of a service was put; 0 = not declared. */
  policyRevision(service: ServiceName): number {
    return this.#catalogue.book(service)?.policyRevision ?? 0;
  }

  /** Whose leases do not run out now, because too many are silent at once. */
  preservation(): { readonly all: boolean; readonly services: readonly ServiceName[] } {
    return this.#leases.preservation;
  }

  /** Deleted by an operator's mistake, it would answer 503 where it is named. */
  #assertUnused(service: ServiceName): void {
    const failovers = [...this.services.entries()].filter(([, { policy }]) =>
      failoverServices(policy).includes(service),
    );
    const users = [...failovers.map(([name]) => `failover of ${name}`), ...this.#usersOf(service)];
    if (users.length === 0) return;
    const more = users.length > 8 ? ` and ${users.length - 8} more` : "";
    throw new SteelyardError("ERR_SERVICE_IN_USE", `${service} is named by: ${users.slice(0, 8).join(", ")}${more}`);
  }

  /** Readers see the revision of the snapshot, which grows with its instances too; either one matches. */
  #assertServiceRevision(service: ServiceName, ifMatch: number | undefined): void {
    if (ifMatch === this.services.get(service)?.revision) return;
    assertRevision(`service ${service}`, this.#catalogue.book(service)?.policyRevision, ifMatch);
  }

  async #change(
    service: ServiceName,
    id: InstanceId,
    change: (instance: Instance) => Instance,
  ): Promise<CatalogueInstance> {
    const { entry } = await this.#writer.write(service, id, (known) => {
      if (!known) throw unknownInstance(service, id);
      return decisionOf(known.registration, change(known.registration.instance));
    });
    if (!entry) throw unknownInstance(service, id);
    return entry.view;
  }

  /** Another process may take the id over only when asked to, or when the owner has not been heard for a ttl. */
  #hear(known: Entry, generation: string, takeover = false): void {
    const { service, id } = known.lease;
    const foreign = generationsDiffer(known.registration.instance.generation, generation);
    if (foreign && !takeover && !this.#leases.isSilent(known.lease, this.#clock.nowMs())) {
      throw generationConflict(service, id);
    }
    this.#beat(known);
  }

  #refused<T extends string>(result: T): T {
    this.#metrics.count("steelyard_registry_heartbeats_total", { result });
    return result;
  }

  #beat(known: Entry): void {
    if (this.#leases.beat(known.lease, this.#clock.nowMs())) this.#catalogue.leaseChanged(known);
  }
}
