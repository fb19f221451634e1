// The loop of one service: members + one round of signals → policy → modifiers → guards → the plan in force.
// Synchronous and free of I/O: time comes in as an argument, the plan goes out as a value.
import type { EndpointPool } from "../balancers/endpoint-pool.js";
import type { BoundPolicy } from "../balancers/registry.js";
import type { Freeze } from "../model/freeze.js";
import type { InstanceId, ServiceName } from "../model/ids.js";
import type { CatalogueInstance } from "../model/instance.js";
import type { EndpointLoad, LoadRound, SignalMode } from "../model/load.js";
import type { PlanEntry, PlanMode, WeightPlan } from "../model/plan.js";
import type { ServiceSnapshot } from "../model/service.js";
import { Authority } from "./authority.js";
import { type Checkpoint, heldFrom, learnedFrom } from "./checkpoint.js";
import { DecisionHistory } from "./decision-history.js";
import { fairShareOf } from "./draft.js";
import { pooled } from "./endpoint-pool.js";
import { type Evaluation, evaluate, type GuardMemory } from "./evaluate.js";
import { type Explanation, explain } from "./explanation.js";
import { weightsByGroup } from "./group-weights.js";
import { pushIntervalMs, type Urgency } from "./guards/push-interval.js";
import { isStale } from "./guards/staleness.js";
import {
  broughtIntoForce,
  type InForce,
  membershipOf,
  ratiosInForce,
  restoredInForce,
  storedInForce,
} from "./in-force.js";
import type { LearnedState } from "./learned-state.js";
import { type Levels, levelsOf } from "./levels.js";
import { ramp } from "./modifiers/ramp.js";
import { planEntries } from "./plan-entries.js";
import { groupsOf } from "./pool.js";
import { predictedLoads } from "./predicted-loads.js";
import { pushNeed } from "./push-need.js";
import { addRound, inFlightPerWorker, serviceRps } from "./service-totals.js";
import type { ControlSettings } from "./settings.js";
import { standbyWeights } from "./standby-weights.js";
import type { Target } from "./target.js";
import { type Findings, ZonePreference } from "./zone-preference.js";

export interface ServiceControllerOptions {
  readonly service: ServiceName;
  readonly settings: ControlSettings;
  /** A parsed checkpoint of the same service, when there is one. */
  readonly restored?: Checkpoint;
  /** An operator's freeze that holds already. */
  readonly freeze?: Freeze | undefined;
  /** Services that take over, in their order; default none. */
  readonly related?: readonly ServiceSnapshot[];
}

export interface Decision {
  readonly plan: WeightPlan;
  /** Whether the proxies are told something new. */
  readonly pushed: Urgency | undefined;
  /** A push is due but has to wait this many milliseconds. */
  readonly retryInMs: number | undefined;
}

/** After a restart the old evidence is older than every memory in the loop. */
const RESTART_GAP_MS = 600_000;
const NO_LOADS: ReadonlyMap<InstanceId, EndpointLoad> = new Map();

export class ServiceController {
  readonly #service: ServiceName;
  readonly #settings: ControlSettings;
  readonly #authority: Authority;
  #learned: LearnedState;
  #inForce: InForce;
  /** Digest of the members in force, and of those in the catalogue. */
  #membership: string;
  #wantedMembership: string;
  /** What the proxies have been told of. */
  #told: { readonly members: readonly CatalogueInstance[]; readonly levels: Levels };
  #snapshot: ServiceSnapshot;
  #related: readonly ServiceSnapshot[];
  /** Of the snapshots. */
  #levels: Levels;
  readonly #zones: ZonePreference;
  #pool: EndpointPool;
  #bound: BoundPolicy;
  /** undefined = restored: the phases of the first evaluation are those in force. */
  #phases: string | undefined;
  /** The policy or the operator demands a push, dead band or not. */
  #forced = false;
  #lastPushMs = Number.NEGATIVE_INFINITY;
  #lastRound: { readonly atMs: number; readonly round: LoadRound } | undefined;
  #stale = false;
  #holdRounds: number;
  #evaluation: Evaluation | undefined;
  #plan: WeightPlan | undefined;
  readonly #history = new DecisionHistory();

  constructor(
    snapshot: ServiceSnapshot,
    bound: BoundPolicy,
    { service, settings, restored, freeze, related = [] }: ServiceControllerOptions,
  ) {
    this.#service = service;
    this.#settings = settings;
    this.#snapshot = snapshot;
    this.#related = related;
    this.#levels = levelsOf(snapshot, related);
    this.#told = { members: [], levels: this.#levels };
    this.#bound = bound;
    const usable = restored !== undefined && restored.algorithm === bound.policy.name;
    this.#holdRounds = usable ? settings.guards.restartHoldRounds : 0;
    this.#learned = learnedFrom(usable ? restored : undefined);
    this.#inForce = restoredInForce(restored?.inForce, usable ? restored.inForce.equal : true);
    this.#membership = usable ? restored.membership : "";
    this.#zones = new ZonePreference(settings, restored?.zones);
    const word = { freeze, control: snapshot.policy.control, dynamic: bound.policy.dynamic };
    this.#authority = new Authority(word, this.#inForce, heldFrom(restored));
    this.#pool = pooled(groupsOf(this.#levels.own, this.#zones.split));
    this.#wantedMembership = membershipOf(snapshot.instances, this.#pool, this.#levels.lastResort);
    const preference = snapshot.policy.failover?.locality;
    const unchanged = restored?.zones !== undefined && this.#wantedMembership === this.#membership;
    if (unchanged && preference !== undefined) this.#zones.resume(this.#levels.own, preference);
    else this.#arrange();
  }

  get snapshot(): ServiceSnapshot {
    return this.#snapshot;
  }

  /** New members, health or policy. A changed algorithm starts to learn anew, from the weights in force. */
  onCatalogue(
    snapshot: ServiceSnapshot,
    bound: BoundPolicy,
    nowMs: number,
    wallMs: number,
    related: readonly ServiceSnapshot[] = [],
  ): Decision {
    if (bound.policy.name !== this.#bound.policy.name)
      this.#learned = { ...this.#learned, policy: undefined, modifiers: {} };
    if (bound !== this.#bound) this.#forced = true;
    this.#bound = bound;
    this.#snapshot = snapshot;
    this.#related = related;
    this.#arrange();
    this.#hearOperator(this.#authority.freeze);
    return this.#reconcile(nowMs, wallMs, undefined);
  }

  /** Services that take over have changed: members, health, or which they are. */
  onRelated(related: readonly ServiceSnapshot[], nowMs: number, wallMs: number): Decision {
    this.#related = related;
    this.#arrange();
    return this.#reconcile(nowMs, wallMs, undefined);
  }

  /** Instances of this service that share out its traffic. */
  get pool(): readonly InstanceId[] {
    return this.#pool.ids;
  }

  /** An operator froze the weights, changed his word, or (undefined) lifted the freeze. */
  onFreeze(freeze: Freeze | undefined, nowMs: number, wallMs: number): Decision {
    this.#hearOperator(freeze);
    return this.#reconcile(nowMs, wallMs, undefined);
  }

  onRound(round: LoadRound, nowMs: number, wallMs: number): Decision {
    return this.#reconcile(nowMs, wallMs, round);
  }

  /** Without news: sends what had to wait, and notices silence. */
  onTimer(nowMs: number, wallMs: number): Decision {
    return this.#reconcile(nowMs, wallMs, undefined);
  }

  /** Whether reports have stopped; the caller then asks for a plan with `onTimer`. */
  isSilent(nowMs: number): boolean {
    const sinceRoundMs = this.#lastRound === undefined ? undefined : nowMs - this.#lastRound.atMs;
    return isStale(sinceRoundMs, this.#lastRound?.round.intervalMs ?? 0, this.#settings.guards);
  }

  /** Whether silence was noticed. */
  get isFrozen(): boolean {
    return this.#stale;
  }

  checkpoint(): Checkpoint {
    const { held } = this.#authority;
    const { stored: zones } = this.#zones;
    return {
      version: 1,
      algorithm: this.#bound.policy.name,
      policyState: this.#learned.policy,
      modifierStates: { ...this.#learned.modifiers },
      inForce: storedInForce(this.#inForce),
      membership: this.#membership,
      ...(zones === undefined ? {} : { zones }),
      ...(held === undefined ? {} : { held: Object.fromEntries(held) }),
    };
  }

  explain(instance: InstanceId): Explanation | undefined {
    const plan = this.#plan;
    const entry = plan?.entries.find((candidate) => candidate.instance === instance);
    if (plan === undefined || entry === undefined) return undefined;
    const position = this.#pool.ids.indexOf(instance);
    return explain({
      plan,
      entry,
      fairShare: position < 0 ? 0 : fairShareOf(this.#pool, position),
      inFlightPerWorker: this.#inForce.inFlightPerWorker,
      loads: this.#lastRound?.round.loads ?? NO_LOADS,
      history: this.#history.of(instance),
    });
  }

  #arrange(): void {
    this.#levels = levelsOf(this.#snapshot, this.#related);
    this.#zones.arrange(this.#levels.own, this.#snapshot.policy.failover?.locality, this.#findings);
    this.#pool = pooled(groupsOf(this.#levels.own, this.#zones.split), this.#pool);
    this.#wantedMembership = membershipOf(this.#snapshot.instances, this.#pool, this.#levels.lastResort);
  }

  #hearCallers(round: LoadRound): void {
    this.#zones.hear(round);
    if (this.#authority.rule === "held" || this.#holdRounds > 0 || this.#stale) return;
    const renewed = this.#zones.renew(this.#snapshot.policy.failover?.locality, this.#findings);
    if (renewed) this.#pool = pooled(groupsOf(this.#levels.own, this.#zones.split), this.#pool);
  }

  /** Undefined while somebody else than the loop decides. */
  get #findings(): Findings | undefined {
    const evaluation = this.#evaluation;
    if (evaluation === undefined || this.#authority.rule !== "loop") return undefined;
    return { pool: evaluation.draft.pool, left: evaluation.left, ramp: this.#learned.modifiers[ramp.name] };
  }

  #hearOperator(freeze: Freeze | undefined): void {
    const word = { freeze, control: this.#snapshot.policy.control, dynamic: this.#bound.policy.dynamic };
    if (this.#authority.hear(word, this.#inForce)) this.#forced = true;
  }

  #reconcile(nowMs: number, wallMs: number, round: LoadRound | undefined): Decision {
    const gapMs = this.#lastRound === undefined ? RESTART_GAP_MS : nowMs - this.#lastRound.atMs;
    if (round !== undefined) this.#lastRound = { atMs: nowMs, round };
    this.#stale = this.isSilent(nowMs);
    if (round !== undefined) this.#hearCallers(round);
    const evaluation = this.#evaluate(round, gapMs);
    this.#learned = evaluation.learned;
    this.#evaluation = evaluation;
    if (round !== undefined && this.#holdRounds > 0) this.#holdRounds -= 1;
    this.#phases ??= evaluation.phases;

    const target = this.#authority.targetOf({
      wanted: evaluation,
      instances: this.#snapshot.instances,
      pool: this.#pool,
      inForce: this.#inForce,
      enforcement: this.#bound.enforcement,
      inFlightPerWorker: inFlightPerWorker(this.#learned.totals),
    });
    const urgency = pushNeed({
      membersChanged: this.#wantedMembership !== this.#membership,
      forced: this.#forced,
      rule: this.#authority.rule,
      blind: this.#holdRounds > 0 || this.#stale,
      phasesChanged: evaluation.phases !== this.#phases,
      splitDue: this.#zones.due,
      pool: this.#pool,
      target,
      inForce: this.#inForce,
      enforcement: this.#bound.enforcement,
      guards: this.#settings.guards,
    });
    const waitMs = urgency === undefined ? 0 : this.#lastPushMs + this.#intervalMs(urgency) - nowMs;
    const push = urgency !== undefined && waitMs <= 0;
    if (push) this.#bringIntoForce(target, nowMs, wallMs);
    else if (this.#wantedMembership === this.#membership) this.#tell();
    this.#plan = this.#makePlan(evaluation);
    return {
      plan: this.#plan,
      pushed: push ? urgency : undefined,
      retryInMs: urgency !== undefined && waitMs > 0 ? waitMs : undefined,
    };
  }

  #evaluate(round: LoadRound | undefined, gapMs: number): Evaluation {
    const authority = this.#authority;
    const before = this.#guardMemory(round !== undefined && authority.settling);
    const policyLoads = authority.keepsApart && round !== undefined ? this.#predicted(round) : undefined;
    if (round !== undefined) {
      this.#learned = { ...this.#learned, totals: addRound(this.#learned.totals, round, gapMs) };
      authority.settle();
    }
    return evaluate({
      pool: this.#pool,
      bound: this.#bound,
      settings: this.#settings,
      learned: this.#learned,
      before,
      blend: authority.blend,
      policyLoads,
      round,
      gapMs: round === undefined ? 0 : Math.max(gapMs, round.intervalMs),
    });
  }

  /** @param takesOver the loop takes over: the speed of change is measured from what is in force */
  #guardMemory(takesOver: boolean): GuardMemory {
    const { ids } = this.#pool;
    const wanted = this.#learned.shares.alignedTo(ids).columns;
    const inForce = this.#inForce.members.alignedTo(ids).columns;
    const ratios = takesOver ? ratiosInForce(this.#inForce, this.#pool) : wanted.ratio;
    // While the loop is kept apart its hysteresis goes by what it wants, as if that were in force.
    const isApart = !takesOver && this.#authority.rule !== "loop" && this.#evaluation !== undefined;
    return isApart
      ? { equal: this.#evaluation?.equal ?? true, steps: wanted.step, ratios }
      : { equal: this.#inForce.equal, steps: inForce.step, ratios };
  }

  #predicted({ loads }: LoadRound): ReadonlyMap<InstanceId, EndpointLoad> {
    const { ids } = this.#pool;
    return predictedLoads(loads, {
      pool: this.#pool,
      wanted: this.#learned.shares.alignedTo(ids).columns.policyShare,
      inForce: this.#inForce.members.alignedTo(ids).columns.share,
    });
  }

  #bringIntoForce(target: Target, nowMs: number, wallMs: number): void {
    const before = this.#inForce;
    const standby = standbyWeights(this.#levels.own, this.#bound.enforcement, target.inFlightPerWorker);
    const after = broughtIntoForce(before, target, this.#snapshot.instances, this.#pool, standby);
    const { ids } = this.#pool;
    const { weight: weights, share: shares } = after.members.alignedTo(ids).columns;
    this.#history.note({
      atWallMs: wallMs,
      revision: after.revision,
      members: after.members.ids,
      ids,
      weightsBefore: before.members.alignedTo(ids).columns.weight,
      weights,
      shares,
      reasonsOf: target.reasonsOf,
    });
    this.#inForce = after;
    this.#authority.adopt(target);
    this.#tell();
    this.#membership = this.#wantedMembership;
    this.#zones.broughtIntoForce();
    if (this.#authority.rule === "loop") this.#phases = this.#evaluation?.phases;
    if (this.#authority.rule !== "held") this.#forced = false;
    this.#lastPushMs = nowMs;
  }

  #tell(): void {
    this.#told = { members: this.#snapshot.instances, levels: this.#levels };
  }

  #makePlan(evaluation: Evaluation): WeightPlan {
    const { freeze, shadows, apart } = this.#authority;
    const { enforcement, policy } = this.#bound;
    const { members, levels } = this.#told;
    const inForce = this.#inForce;
    const localities = this.#zones.inForce;
    const loads = this.#lastRound?.round.loads ?? NO_LOADS;
    const n = inFlightPerWorker(this.#learned.totals);
    let entries: readonly PlanEntry[] | undefined;
    return {
      service: this.#service,
      revision: this.#inForce.revision,
      mode: this.#mode(evaluation),
      ...(freeze === undefined ? {} : { freeze }),
      policy: policy.name,
      signalMode: this.#signalMode,
      enforcement,
      levels: levels.all,
      ...(localities === undefined ? {} : { localities }),
      // Worked out when somebody looks: most rounds push nothing and are watched by nobody.
      get entries() {
        if (entries !== undefined) return entries;
        const { draft } = evaluation;
        const shadowWeights = shadows ? weightsByGroup(enforcement, draft.pool, draft.shares, n) : undefined;
        entries = planEntries({ members, levels, inForce, draft, loads, apart, shadowWeights });
        return entries;
      },
    };
  }

  #mode(evaluation: Evaluation): PlanMode {
    const { freeze, rule } = this.#authority;
    if (freeze === undefined && rule === "registered") return "shadow";
    if (rule === "held" || this.#stale || this.#holdRounds > 0) return "frozen";
    const { members, levels } = this.#told;
    const { own, lastResort } = levels;
    if (evaluation.panic || own.some(({ load }) => load.panic)) return "panic";
    const healthy = lastResort ? 0 : own.reduce((sum, level) => sum + level.healthy.length, 0);
    return healthy < members.length ? "degraded" : "normal";
  }

  get #signalMode(): SignalMode {
    return this.#lastRound === undefined || this.#stale ? "N" : this.#lastRound.round.signalMode;
  }

  #intervalMs(urgency: Urgency): number {
    const { totals } = this.#learned;
    const pace = {
      endpoints: this.#snapshot.instances.length,
      workers: totals.workers,
      serviceRps: serviceRps(totals),
    };
    return pushIntervalMs(urgency, pace, this.#settings.guards);
  }
}
