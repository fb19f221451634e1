// From plans to resources in the xDS cache. Two audiences: `full` nodes get clusters, endpoints, the listener and routes;
// `weights` nodes (mode B) get endpoints only, because their clusters and routes belong to somebody else.
import { SteelyardError } from "../model/errors.js";
import type { ServiceName } from "../model/ids.js";
import type { WeightPlan } from "../model/plan.js";
import type { ServicePolicy, ServiceSnapshot } from "../model/service.js";
import type { Component } from "../runtime/component.js";
import type { Logger } from "../runtime/logger.js";
import type { MetricSink } from "../runtime/metrics.js";
import type { WatchableMap } from "../runtime/watchable-map.js";
import { AssignmentEncoder } from "../translate/assignment-encoder.js";
import type { ListenerAddress } from "../translate/gateway.js";
import { needsHashKey } from "../translate/hash-policy.js";
import { ASSIGNMENT_TYPE, type Resource } from "../translate/resource.js";
import { gatewayResources, resourcesOf } from "../translate/service-resources.js";
import type { ResourceCache } from "../xds/resource-cache.js";

export const FULL_AUDIENCE = "full";
export const WEIGHTS_AUDIENCE = "weights";

export interface PublisherOptions {
  readonly services: WatchableMap<ServiceName, ServiceSnapshot>;
  readonly plans: WatchableMap<ServiceName, WeightPlan>;
  readonly cache: ResourceCache;
  readonly listener: ListenerAddress;
  readonly logger: Logger;
  readonly metrics: MetricSink;
}

interface Published {
  readonly revision: number;
  readonly policy: ServicePolicy;
  readonly hashed: boolean;
  readonly cluster: Resource;
  readonly assignment: Resource;
}

export class Publisher implements Component {
  readonly name = "publisher";
  readonly #options: PublisherOptions;
  readonly #published = new Map<ServiceName, Published>();
  readonly #encoders = new Map<ServiceName, AssignmentEncoder>();
  #gatewaySent = false;
  #unsubscribe: (() => void) | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Fills the cache with every plan that exists; resolves before any proxy is let in. */
  async start(): Promise<void> {
    const { plans } = this.#options;
    this.#publish([...plans.entries()]);
    this.#unsubscribe = plans.subscribe((changes) => this.#publish([...changes]));
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
  }

  #publish(changes: readonly (readonly [ServiceName, WeightPlan | undefined])[]): void {
    const { cache, metrics } = this.#options;
    const upsert: Resource[] = [];
    const remove: Resource[] = [];
    // The gateway changes with the set of services and their policies, never with weights.
    let gatewayChanged = !this.#gatewaySent;
    for (const [service, plan] of changes) {
      const held = this.#published.get(service);
      if (plan === undefined) {
        if (held === undefined) continue;
        this.#published.delete(service);
        this.#encoders.delete(service);
        remove.push(held.cluster, held.assignment);
        gatewayChanged = true;
        continue;
      }
      const next = this.#translate(service, plan, held);
      if (next === undefined || next === held) continue;
      this.#published.set(service, next);
      upsert.push(next.cluster, next.assignment);
      gatewayChanged ||= next.policy !== held?.policy || next.hashed !== held.hashed;
      metrics.count("steelyard_assignments_total");
    }
    if (gatewayChanged) upsert.push(...this.#gateway());
    this.#gatewaySent = true;
    if (upsert.length === 0 && remove.length === 0) return;
    cache.apply(FULL_AUDIENCE, { upsert, remove });
    const assignments = (resources: readonly Resource[]): Resource[] =>
      resources.filter(({ typeUrl }) => typeUrl === ASSIGNMENT_TYPE);
    cache.apply(WEIGHTS_AUDIENCE, { upsert: assignments(upsert), remove: assignments(remove) });
  }

  #translate(service: ServiceName, plan: WeightPlan, held: Published | undefined): Published | undefined {
    const { services, logger, metrics } = this.#options;
    const snapshot = services.get(service);
    if (snapshot === undefined) return held;
    const { policy } = snapshot;
    // Plans are stored after every round, with fresh loads; only a new revision says something new to proxies.
    if (held !== undefined && held.revision === plan.revision && held.policy === policy) return held;
    if (plan.entries.length === 0 && snapshot.instances.length > 0) return held;
    try {
      const hashed = needsHashKey(plan.enforcement);
      return {
        revision: plan.revision,
        policy,
        hashed,
        ...resourcesOf({ snapshot, plan, encoder: this.#encoder(service) }),
      };
    } catch (thrown) {
      metrics.count("steelyard_translation_failures_total");
      logger.error(
        { service, code: SteelyardError.from(thrown).code, err: thrown },
        "plan not translated, the last one stays",
      );
      return held;
    }
  }

  #encoder(service: ServiceName): AssignmentEncoder {
    let encoder = this.#encoders.get(service);
    if (!encoder) this.#encoders.set(service, (encoder = new AssignmentEncoder(service)));
    return encoder;
  }

  #gateway(): readonly Resource[] {
    const services = [...this.#published].map(([service, { policy, hashed }]) => ({ service, policy, hashed }));
    return gatewayResources({
      listener: this.#options.listener,
      services: services.toSorted((a, b) => (a.service < b.service ? -1 : 1)),
    });
  }
}
