// The composition root: what there is, in the order in which data flows, started in the order in which it is needed.
import { status } from "@grpc/grpc-js";
import { ApiServer } from "../api/api-server.js";
import { createApi } from "../api/create-api.js";
import { createDiagnostics, type Readiness } from "../api/diagnostics.js";
import { bindPolicy, WEIGHT_POLICIES } from "../balancers/registry.js";
import { ControlLoop } from "../control/control-loop.js";
import { isHashing } from "../model/enforcement.js";
import { checkConsistency } from "../model/policy/consistency.js";
import type { ServicePolicy } from "../model/service.js";
import { FailingRecords } from "../probes/failing-records.js";
import { ProbeBook } from "../probes/probe-book.js";
import { Prober } from "../probes/prober.js";
import { FreezeBook } from "../registry/freeze-book.js";
import { ManifestWriter } from "../registry/manifest-writer.js";
import { Registry } from "../registry/registry.js";
import { RouteBook } from "../registry/route-book.js";
import type { Clock } from "../runtime/clock.js";
import type { Component } from "../runtime/component.js";
import type { Logger } from "../runtime/logger.js";
import type { Rng } from "../runtime/rng.js";
import { AlsService } from "../signals/als-service.js";
import { LrsService } from "../signals/lrs-service.js";
import { SignalBook } from "../signals/signal-book.js";
import type { StateStore } from "../store/state-store.js";
import type { PrometheusSink } from "../telemetry/prometheus.js";
import { ClientStatusService } from "../xds/client-status-service.js";
import { ResourceCache } from "../xds/resource-cache.js";
import { StreamError } from "../xds/stream-error.js";
import { XdsServer } from "../xds/xds-server.js";
import { StoredCheckpoints } from "./checkpoints.js";
import type { Config } from "./config-schema.js";
import { DataPlaneListener } from "./data-plane-listener.js";
import { DeclaredManifest } from "./declared-manifest.js";
import { DrainWatch } from "./drain-watch.js";
import { EndpointIndex } from "./endpoint-index.js";
import { KeyOwners } from "./key-owners.js";
import { Publisher } from "./publisher.js";
import { SignalUpkeep } from "./signal-upkeep.js";
import { NodeAccess } from "./tls/node-access.js";
import { TlsTermination } from "./tls/tls-termination.js";

/** Audiences of a locality whose last proxy is gone are kept that long, for it may come back. */
const IDLE_AUDIENCE_MS = 300_000;

export interface ServerOptions {
  readonly config: Config;
  /** Open; the server closes it when it stops. */
  readonly store: StateStore;
  readonly version: string;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly metrics: PrometheusSink;
}

export class SteelyardServer implements Component {
  readonly name = "steelyard";
  readonly #store: StateStore;
  readonly #dataPlane: DataPlaneListener;
  readonly #api: ApiServer;
  readonly #diagnostics: ApiServer;
  /** In order of start. */
  readonly #components: readonly Component[];
  readonly #started: Component[] = [];
  #ready = false;

  constructor({ config, store, version, clock, rng, logger, metrics }: ServerOptions) {
    this.#store = store;
    const of = (component: string) => ({ clock, metrics, logger: logger.child({ component }) });

    const probeRecords = new FailingRecords({ ...of("probes"), store });
    const probes = new ProbeBook({ ...of("probes"), records: probeRecords });
    const policyCheck = (policy: ServicePolicy) => checkConsistency(policy, bindPolicy(policy).enforcement);
    const hashes = (policy: ServicePolicy) => isHashing(bindPolicy(policy).enforcement);
    const registry = new Registry({
      ...of("registry"),
      store,
      rng,
      limits: {
        maxServices: config.limits.services,
        maxInstances: config.limits.instances,
        maxInstancesPerService: config.limits.instancesPerService,
      },
      policyCheck,
      gatewayPort: config.listener.port,
      usersOf: (service) => routes.usersOf(service).map((name) => `route ${name}`),
      healthOverlay: (service, policy, instances) => probes.overlay(service, policy, instances),
    });
    const routes: RouteBook = new RouteBook({
      ...of("routes"),
      store,
      services: registry.services,
      hashes,
      maxRoutes: config.limits.routes,
    });
    const prober = new Prober({
      ...of("probes"),
      rng,
      book: probes,
      concurrency: config.limits.probes,
      onVerdict: (service) => registry.healthChanged(service),
    });
    const manifests = new ManifestWriter({ registry, routes, policyCheck, hashes, gatewayPort: config.listener.port });

    const { services: declaredServices, routes: declaredRoutes } = config;
    const declared = new DeclaredManifest({
      ...of("declared"),
      manifest: { services: declaredServices, routes: declaredRoutes },
      writer: manifests,
      store,
    });

    const endpoints = new EndpointIndex(registry.services);
    const signals = new SignalBook({
      ...of("signals"),
      knows: (cluster) => endpoints.serviceOf(cluster),
      instanceAt: (service, endpoint) => endpoints.instanceAt(service, endpoint),
      takeoverOf: (service) => endpoints.takeoverOf(service),
      countsConnections: (service) => endpoints.countsConnections(service),
      poolOf: (service) => endpoints.poolOf(service),
    });
    const { tls } = config.xds;
    const access = tls?.nodes && new NodeAccess({ ...of("access"), rules: tls.nodes });
    const lrs = new LrsService({
      ...of("lrs"),
      refusal: (node, certificate) => access?.refusal("lrs", node, certificate),
      onReport: (report) => signals.record(report),
      takeoverOf: (cluster) => endpoints.takeoverOf(cluster),
      utilizationMetricOf: (cluster) => endpoints.policyOf(cluster)?.orca?.utilization,
      onNodeGone: (node) => signals.forgetNode(node),
    });
    const als = new AlsService({
      ...of("als"),
      refusal: (node, certificate) => access?.refusal("als", node, certificate),
      onAttempts: (attempts) => signals.recordAttempts(attempts),
    });

    const freezes = new FreezeBook({ ...of("freezes"), store, services: registry.services });
    const checkpoints = new StoredCheckpoints({ ...of("checkpoints"), store });
    const control = new ControlLoop({
      ...of("control"),
      services: registry.services,
      onRound: (handler) => signals.onRound(handler),
      freezes: freezes.freezes,
      checkpoints,
      settings: config.control,
    });

    const cache = new ResourceCache();
    const publisher = new Publisher({
      ...of("publisher"),
      services: registry.services,
      routes: routes.routes,
      plans: control.plans,
      cache,
      listener: config.listener,
      accessLogPercent: config.signals.accessLogSamplePercent,
    });
    const xds = new XdsServer({
      ...of("xds"),
      cache,
      audienceOf: (node, { certificate }) => {
        const refusal = access?.refusal("xds", node.id, certificate);
        if (refusal !== undefined) throw new StreamError(status.PERMISSION_DENIED, refusal);
        return publisher.audienceOf(node);
      },
      collectIdleAudiencesAfterMs: IDLE_AUDIENCE_MS,
      callbacks: { onAudienceCollected: (audience) => publisher.forget(audience) },
    });
    const services = [xds, new ClientStatusService({ server: xds, cache }), lrs, als];
    this.#dataPlane = new DataPlaneListener({
      ...of("data-plane"),
      address: config.xds.address,
      tls: tls && new TlsTermination({ ...of("tls"), tls }),
      services,
    });

    const app = createApi({
      ...of("api"),
      rng,
      registry,
      freezes,
      routes,
      manifests,
      loads: signals,
      control,
      owners: new KeyOwners((service) => publisher.published(service)),
      nodes: () => xds.nodes(),
      algorithms: WEIGHT_POLICIES,
      version,
    });
    this.#api = new ApiServer({ ...of("api"), name: "api", app, flag: "--api-address", ...config.api.address });
    const diagnostics = createDiagnostics({ ready: () => this.readiness(), metricsText: () => metrics.text(), logger });
    this.#diagnostics = new ApiServer({
      ...of("diagnostics"),
      name: "diagnostics",
      app: diagnostics,
      flag: "--diagnostics-address",
      ...config.diagnostics.address,
    });

    // State is loaded and the cache filled before the first proxy is let in: one that meets less than it has would drop it.
    this.#components = [
      this.#diagnostics,
      checkpoints,
      probeRecords,
      registry,
      routes,
      declared,
      freezes,
      control,
      publisher,
      new SignalUpkeep({ clock, signals }),
      prober,
      new DrainWatch({
        ...of("drains"),
        services: registry.services,
        plans: control.plans,
        onRound: (handler) => signals.onRound(handler),
        finishDrain: (service, instance) => registry.finishDrain(service, instance),
      }),
      this.#dataPlane,
      this.#api,
    ];
  }

  get ports(): { readonly xds: number; readonly api: number; readonly diagnostics: number } {
    return { xds: this.#dataPlane.port, api: this.#api.port, diagnostics: this.#diagnostics.port };
  }

  /** @throws SteelyardError ERR_ADDRESS_IN_USE, ERR_NOT_LOOPBACK, ERR_STORE_UNAVAILABLE; what was started is stopped again */
  async start(): Promise<void> {
    try {
      for (const component of this.#components) {
        await component.start();
        this.#started.push(component);
      }
      this.#ready = true;
    } catch (thrown) {
      await this.stop();
      throw thrown;
    }
  }

  async stop(): Promise<void> {
    this.#ready = false;
    for (const component of this.#started.splice(0).toReversed()) await component.stop();
    await this.#store.close();
  }

  readiness(): Readiness {
    const { up, detail } = this.#store.health();
    const checks = [
      { name: "started", ok: this.#ready, detail: this.#ready ? "all components are up" : "starting or stopping" },
      { name: "store", ok: up, detail },
    ];
    return { ok: checks.every(({ ok }) => ok), checks };
  }
}
