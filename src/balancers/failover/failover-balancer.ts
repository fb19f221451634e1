// Failover by health, priority and nearness: traffic goes to the most preferred level as far as its healthy hosts can take
// it, the rest to the next. Each level has balancers of its own; the rules are in priority-load.ts. Idea: Envoy's priority
// levels and Istio's locality failover.
import type { Locality } from "../../model/instance.js";
import type { Rng } from "../../runtime/rng.js";
import { checkBackends } from "../backend-list.js";
import { Excluding } from "../excluding.js";
import type { BackendHealth, BackendSpec, BalanceRequest, LoadBalancer, RequestResult } from "../load-balancer.js";
import { levelsOf, type Placement } from "./level-order.js";
import { type FailoverSettings, type LevelLoad, priorityLoads } from "./priority-load.js";

export interface FailoverOptions extends Partial<FailoverSettings> {
  /** An empty balancer for the hosts of one level; called once per level, and once more when it has degraded hosts. */
  readonly balancerFor: () => LoadBalancer;
  readonly placementOf: (backend: BackendSpec) => Placement;
  /** Where the caller is. Default: unknown, so that all localities are equally near. */
  readonly origin?: Locality;
  readonly rng: Rng;
}

interface Level {
  readonly key: string;
  load: LevelLoad;
  readonly healthy: Excluding;
  degraded: Excluding | undefined;
}

const NOWHERE: Locality = { region: "", zone: "", subZone: "" };
const NO_LOAD: LevelLoad = { healthy: 0, degraded: 0, panic: false };

export class FailoverBalancer implements LoadBalancer {
  readonly name = "failover";
  readonly #options: FailoverOptions;
  readonly #settings: FailoverSettings;
  #levels: readonly Level[] = [];
  /** What callers get: balancers inside see other healths. */
  #members = new Map<string, { readonly spec: BackendSpec; readonly level: Level }>();

  /** Defaults are Envoy's: `overprovisioningFactor` 1.4, `panicThreshold` 0.5. @throws SteelyardError ERR_INVALID_BACKENDS */
  constructor(backends: readonly BackendSpec[], options: FailoverOptions) {
    const { overprovisioningFactor = 1.4, panicThreshold = 0.5 } = options;
    this.#options = options;
    this.#settings = { overprovisioningFactor, panicThreshold };
    this.updateBackends(backends);
  }

  select(request: BalanceRequest): BackendSpec | undefined {
    return this.selectExcept(request);
  }

  /** Those excluded still count as members of their level: a retry moves no other traffic. */
  selectExcept(request: BalanceRequest, excluded?: ReadonlySet<string>): BackendSpec | undefined {
    const chosen = this.#drawn()?.select(request, excluded) ?? this.#anybody(request, excluded);
    return chosen === undefined ? undefined : this.#members.get(chosen.id)?.spec;
  }

  updateBackends(backends: readonly BackendSpec[]): void {
    checkBackends(backends);
    const { placementOf, origin = NOWHERE, balancerFor } = this.#options;
    const groups = levelsOf(backends, placementOf, origin);
    const loads = priorityLoads(
      groups.map(({ members }) => ({
        total: members.length,
        healthy: countOf(members, "healthy"),
        degraded: countOf(members, "degraded"),
      })),
      this.#settings,
    );
    const previous = new Map(this.#levels.map((level) => [level.key, level]));
    this.#members = new Map();
    this.#levels = groups.map(({ key, members }, i) => {
      const level = previous.get(key) ?? {
        key,
        load: NO_LOAD,
        healthy: new Excluding(balancerFor()),
        degraded: undefined,
      };
      level.load = loads[i] ?? NO_LOAD;
      // Both balancers know every host of the level, so that one whose health changes is no stranger.
      level.healthy.updateBackends(level.load.panic ? members.map(asHealthy) : members.map(unlessHealthy));
      if (countOf(members, "degraded") > 0) level.degraded ??= new Excluding(balancerFor());
      level.degraded?.updateBackends(members.map(unlessDegraded));
      for (const spec of members) this.#members.set(spec.id, { spec, level });
      return level;
    });
  }

  recordResult(result: RequestResult): void {
    const level = this.#members.get(result.backendId)?.level;
    level?.healthy.balancer.recordResult(result);
    level?.degraded?.balancer.recordResult(result);
  }

  /** The balancer that a random point of the unit interval falls to, healthy hosts of all levels first, as in Envoy. */
  #drawn(): Excluding | undefined {
    let point = this.#options.rng.next();
    for (const { load, healthy } of this.#levels) {
      if (point < load.healthy) return healthy;
      point -= load.healthy;
    }
    for (const { load, degraded } of this.#levels) {
      if (point < load.degraded) return degraded;
      point -= load.degraded;
    }
    return undefined;
  }

  /** When the drawn level has nobody after all: its balancer holds hosts back, they are excluded, or rounding drew nothing. */
  #anybody(request: BalanceRequest, excluded?: ReadonlySet<string>): BackendSpec | undefined {
    for (const { healthy } of this.#levels) {
      const chosen = healthy.select(request, excluded);
      if (chosen !== undefined) return chosen;
    }
    for (const { degraded } of this.#levels) {
      const chosen = degraded?.select(request, excluded);
      if (chosen !== undefined) return chosen;
    }
    return undefined;
  }
}

function countOf(members: readonly BackendSpec[], health: BackendHealth): number {
  return members.reduce((count, member) => (member.health === health ? count + 1 : count), 0);
}

function asHealthy(member: BackendSpec): BackendSpec {
  return { ...member, health: "healthy" };
}

function unlessHealthy(member: BackendSpec): BackendSpec {
  return member.health === "degraded" ? { ...member, health: "unhealthy" } : member;
}

function unlessDegraded(member: BackendSpec): BackendSpec {
  return { ...member, health: member.health === "degraded" ? "healthy" : "unhealthy" };
}
