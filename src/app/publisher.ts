// From plans to resources in the xDS cache, for every audience there is: nodes that are served the same. The audiences of
// Envoys that tell no locality are always there; others come with their first node and go some time after the last.
import type { EnvoyEnforcement } from "../model/enforcement.js";
import { SteelyardError } from "../model/errors.js";
import type { RouteName, ServiceName } from "../model/ids.js";
import type { WeightPlan } from "../model/plan.js";
import { takeoverServices } from "../model/policy/failover.js";
import type { NamedRoute } from "../model/route/route.js";
import type { ServiceSnapshot } from "../model/service.js";
import type { Component } from "../runtime/component.js";
import type { Logger } from "../runtime/logger.js";
import type { MetricSink } from "../runtime/metrics.js";
import type { WatchableMap } from "../runtime/watchable-map.js";
import {
  audienceNameOf,
  type DataPlane,
  dataPlaneOf,
  FULL_ENVOY,
  type NodeWords,
  WEIGHTS_ENVOY,
  withoutLocality,
} from "../translate/data-plane.js";
import type { ListenerAddress } from "../translate/gateway.js";
import type { Resource } from "../translate/resource.js";
import { gatewayResources } from "../translate/service-resources.js";
import type { ResourceCache } from "../xds/resource-cache.js";
import { AudienceContent } from "./audience-content.js";
import { RenderedService } from "./rendered-service.js";

export interface PublisherOptions {
  readonly services: WatchableMap<ServiceName, ServiceSnapshot>;
  readonly plans: WatchableMap<ServiceName, WeightPlan>;
  readonly routes: WatchableMap<RouteName, NamedRoute>;
  readonly cache: ResourceCache;
  readonly listener: ListenerAddress;
  /** 0..100, how many attempts proxies of mode A log to this server; default 0. */
  readonly accessLogPercent?: number;
  readonly logger: Logger;
  readonly metrics: MetricSink;
}

/** A service as it was last translated. */
export interface Published {
  /** Its own, then those of the services that take over for it. */
  readonly plans: readonly WeightPlan[];
  readonly enforcement: EnvoyEnforcement;
  /** The same array until something of it changes. */
  readonly resources: readonly Resource[];
}

/** Nodes say where they are, and each locality is an audience: what they say must not fill the memory. */
const MAX_AUDIENCES = 128;
/** Group of the gateway's resources; no service has such a name. */
const GATEWAY_GROUP = "(gateway)";

export class Publisher implements Component {
  readonly name = "publisher";
  readonly #options: PublisherOptions;
  readonly #published = new Map<ServiceName, RenderedService>();
  readonly #audiences = new Map<string, AudienceContent>();
  /** By kind of client. */
  #gateways = new Map<DataPlane["client"], readonly Resource[]>();
  #unsubscribe: (() => void) | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Fills the cache with every plan that exists; resolves before any proxy is let in. */
  async start(): Promise<void> {
    const { plans, routes, cache } = this.#options;
    for (const plane of [FULL_ENVOY, WEIGHTS_ENVOY]) {
      const name = audienceNameOf(plane);
      cache.pin(name);
      this.#audiences.set(name, new AudienceContent(plane));
    }
    this.#publish([...plans.entries()], true);
    const unsubscribers = [
      plans.subscribe((changes) => this.#publish([...changes], false)),
      routes.subscribe(() => this.#publishGateways()),
    ];
    this.#unsubscribe = () => unsubscribers.forEach((unsubscribe) => unsubscribe());
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
  }

  /** The audience of a node, filled. */
  audienceOf(node: NodeWords): string {
    const exact = dataPlaneOf(node);
    const full = this.#audiences.size >= MAX_AUDIENCES && !this.#audiences.has(audienceNameOf(exact));
    const plane = full ? withoutLocality(exact) : exact;
    const name = audienceNameOf(plane);
    if (!this.#audiences.has(name)) this.#open(name, plane);
    return name;
  }

  /** What an Envoy that tells no locality has of a service; undefined before its first plan. */
  published(service: ServiceName): Published | undefined {
    const rendered = this.#published.get(service);
    if (!rendered) return undefined;
    const others = relatedTo(rendered).flatMap((other) => this.#published.get(other)?.plan ?? []);
    return {
      plans: [rendered.plan, ...others],
      enforcement: rendered.plan.enforcement,
      resources: this.#resources(service, rendered, FULL_ENVOY),
    };
  }

  /** The content of an audience was dropped from the cache. */
  forget(audience: string): void {
    if (!this.#audiences.delete(audience)) return;
    const planes = [...this.#audiences.values()].map(({ plane }) => plane);
    for (const rendered of this.#published.values()) rendered.retain(planes);
  }

  #open(name: string, plane: DataPlane): void {
    const content = new AudienceContent(plane);
    this.#audiences.set(name, content);
    for (const [service, rendered] of this.#published) content.put(service, this.#resources(service, rendered, plane));
    content.put(GATEWAY_GROUP, this.#gateway(plane));
    this.#apply(name, content);
  }

  #publish(changes: readonly (readonly [ServiceName, WeightPlan | undefined])[], first: boolean): void {
    const changed = new Set<ServiceName>();
    // The gateway changes with the set of services and their policies, never with weights.
    let gatewayChanged = first;
    for (const [service, plan] of changes) {
      const what = plan === undefined ? this.#drop(service) : this.#take(service, plan);
      if (what === "nothing") continue;
      changed.add(service);
      gatewayChanged ||= what === "routes";
    }
    this.#outdateDependents(changed);
    if (gatewayChanged) this.#gateways.clear();
    for (const [name, content] of this.#audiences) {
      for (const service of changed) {
        const rendered = this.#published.get(service);
        content.put(service, rendered ? this.#resources(service, rendered, content.plane) : []);
      }
      if (gatewayChanged) content.put(GATEWAY_GROUP, this.#gateway(content.plane));
      this.#apply(name, content);
    }
  }

  /** Routes change on their own, and nothing of the services with them. */
  #publishGateways(): void {
    this.#gateways.clear();
    for (const [name, content] of this.#audiences) {
      content.put(GATEWAY_GROUP, this.#gateway(content.plane));
      this.#apply(name, content);
    }
  }

  #drop(service: ServiceName): "routes" | "nothing" {
    return this.#published.delete(service) ? "routes" : "nothing";
  }

  /** `routes`: also what the gateway says of it. */
  #take(service: ServiceName, plan: WeightPlan): "routes" | "itself" | "nothing" {
    const snapshot = this.#options.services.get(service);
    if (snapshot === undefined) return "nothing";
    const held = this.#published.get(service);
    const samePolicy = held?.snapshot.policy === snapshot.policy;
    // Plans are stored after every round, with fresh loads; only a new revision says something new to proxies.
    if (samePolicy && held.plan.revision === plan.revision) return "nothing";
    if (plan.entries.length === 0 && snapshot.instances.length > 0) return "nothing";
    this.#options.metrics.count("steelyard_assignments_total");
    if (held === undefined) {
      this.#published.set(service, new RenderedService(snapshot, plan));
      return "routes";
    }
    const hashedBefore = held.hashed;
    held.update(snapshot, plan);
    return samePolicy && held.hashed === hashedBefore ? "itself" : "routes";
  }

  #outdateDependents(changed: Set<ServiceName>): void {
    const origins = [...changed];
    for (const [service, rendered] of this.#published) {
      const related = relatedTo(rendered);
      if (related.length === 0 || changed.has(service)) continue;
      if (!origins.some((origin) => related.includes(origin))) continue;
      rendered.outdate();
      changed.add(service);
    }
  }

  #resources(service: ServiceName, rendered: RenderedService, plane: DataPlane): readonly Resource[] {
    const { logger, metrics } = this.#options;
    const related = new Map<ServiceName, RenderedService>();
    for (const other of relatedTo(rendered)) {
      const found = this.#published.get(other);
      if (found) related.set(other, found);
    }
    return rendered.resourcesFor(plane, related, (thrown) => {
      metrics.count("steelyard_translation_failures_total");
      logger.error(
        { service, code: SteelyardError.from(thrown).code, err: thrown },
        "plan not translated, the last one stays",
      );
    });
  }

  #gateway(plane: DataPlane): readonly Resource[] {
    let resources = this.#gateways.get(plane.client);
    if (!resources) {
      const services = [...this.#published].map(([service, { snapshot, hashed }]) => ({
        service,
        policy: snapshot.policy,
        hashed,
      }));
      services.sort((a, b) => (a.service < b.service ? -1 : 1));
      const routes = [...this.#options.routes.entries()].map(([, route]) => route);
      const { listener, accessLogPercent = 0 } = this.#options;
      resources = gatewayResources({ listener, accessLogPercent, services, routes }, plane);
      this.#gateways.set(plane.client, resources);
    }
    return resources;
  }

  #apply(name: string, content: AudienceContent): void {
    const change = content.take();
    if (change) this.#options.cache.apply(name, change);
  }
}

/** Other services whose instances and plans are in the resources of this one. */
function relatedTo({ snapshot: { service, policy } }: RenderedService): readonly ServiceName[] {
  return takeoverServices(service, policy.failover);
}
