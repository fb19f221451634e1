// The loop of one service: members + one round of signals → policy → modifiers → guards → the plan in force.
// Synchronous and free of I/O: time comes in as an argument, the plan goes out as a value.
import { lawOf, weightsFor } from "../balancers/enforcement/share-law.js";
import type { BoundPolicy } from "../balancers/registry.js";
import type { EnvoyEnforcement } from "../model/enforcement.js";
import type { InstanceId, ServiceName } from "../model/ids.js";
import type { CatalogueInstance } from "../model/instance.js";
import { completionsOf, type EndpointLoad, type LoadRound, type SignalMode } from "../model/load.js";
import type { PlanMode, WeightPlan } from "../model/plan.js";
import type { ServiceSnapshot } from "../model/service.js";
import type { Checkpoint } from "./checkpoint.js";
import { type Evaluation, evaluate, type LearnedState } from "./evaluate.js";
import type { Explanation, PastDecision } from "./explanation.js";
import { isOutsideDeadBand } from "./guards/dead-band.js";
import { pushIntervalMs, type Urgency } from "./guards/push-interval.js";
import { isStale } from "./guards/staleness.js";
import { type InForce, type InForceEntry, membershipOf } from "./in-force.js";
import { planEntries } from "./plan-entries.js";
import { addRound, inFlightPerWorker, NO_TOTALS, serviceRps } from "./service-totals.js";
import type { ControlSettings } from "./settings.js";

export interface ServiceControllerOptions {
  readonly service: ServiceName;
  readonly settings: ControlSettings;
  /** A parsed checkpoint of the same service, when there is one. */
  readonly restored?: Checkpoint;
}

export interface Decision {
  readonly plan: WeightPlan;
  /** Whether the proxies are told something new. */
  readonly pushed: Urgency | undefined;
  /** A push is due but has to wait this many milliseconds. */
  readonly retryInMs: number | undefined;
}

const HISTORY = 20;
/** After a restart the old evidence is older than every memory in the loop. */
const RESTART_GAP_MS = 600_000;

export class ServiceController {
  readonly #service: ServiceName;
  readonly #settings: ControlSettings;
  #learned: LearnedState;
  #inForce: InForce;
  /** Digest of the members in force, and of those in the catalogue. */
  #membership: string;
  #wantedMembership: string;
  #members: readonly CatalogueInstance[] = [];
  #snapshot: ServiceSnapshot;
  #bound: BoundPolicy;
  /** undefined = restored: the phases of the first evaluation are those in force. */
  #phases: string | undefined;
  #lastPushMs = Number.NEGATIVE_INFINITY;
  #lastRound: { readonly atMs: number; readonly round: LoadRound } | undefined;
  #stale = false;
  #holdRounds: number;
  #evaluation: Evaluation | undefined;
  #plan: WeightPlan | undefined;
  readonly #history = new Map<InstanceId, PastDecision[]>();

  constructor(
    snapshot: ServiceSnapshot,
    bound: BoundPolicy,
    { service, settings, restored }: ServiceControllerOptions,
  ) {
    this.#service = service;
    this.#settings = settings;
    this.#snapshot = snapshot;
    this.#bound = bound;
    const usable = restored !== undefined && restored.algorithm === bound.policy.name;
    this.#holdRounds = usable ? settings.guards.restartHoldRounds : 0;
    this.#learned = {
      policy: usable ? restored.policyState : undefined,
      modifiers: usable ? restored.modifierStates : {},
      totals: NO_TOTALS,
      policyShares: new Map(),
      ratios: new Map(),
    };
    const entries = Object.entries(restored?.inForce.entries ?? {}).map(([id, entry]): [InstanceId, InForceEntry] => [
      id as InstanceId,
      entry,
    ]);
    this.#inForce = {
      revision: restored?.inForce.revision ?? 0,
      equal: usable ? restored.inForce.equal : true,
      inFlightPerWorker: restored?.inForce.inFlightPerWorker ?? 0,
      entries: new Map(entries),
    };
    this.#membership = usable ? restored.membership : "";
    this.#wantedMembership = membershipOf(snapshot.instances);
  }

  get snapshot(): ServiceSnapshot {
    return this.#snapshot;
  }

  /** New members, health or policy. A changed algorithm starts to learn anew, from the weights in force. */
  onCatalogue(snapshot: ServiceSnapshot, bound: BoundPolicy, nowMs: number, wallMs: number): Decision {
    if (bound.policy.name !== this.#bound.policy.name)
      this.#learned = { ...this.#learned, policy: undefined, modifiers: {} };
    const policyChanged = bound !== this.#bound;
    this.#bound = bound;
    this.#snapshot = snapshot;
    this.#wantedMembership = membershipOf(snapshot.instances);
    return this.#reconcile({ nowMs, wallMs, round: undefined, policyChanged });
  }

  onRound(round: LoadRound, nowMs: number, wallMs: number): Decision {
    return this.#reconcile({ nowMs, wallMs, round, policyChanged: false });
  }

  /** Without news: sends what had to wait, and notices silence. */
  onTimer(nowMs: number, wallMs: number): Decision {
    return this.#reconcile({ nowMs, wallMs, round: undefined, policyChanged: false });
  }

  /** Whether reports have stopped; the caller then asks for a plan with `onTimer`. */
  isSilent(nowMs: number): boolean {
    const sinceRoundMs = this.#lastRound === undefined ? undefined : nowMs - this.#lastRound.atMs;
    return isStale(sinceRoundMs, this.#lastRound?.round.intervalMs ?? 0, this.#settings.guards);
  }

  get isFrozen(): boolean {
    return this.#stale;
  }

  checkpoint(): Checkpoint {
    return {
      version: 1,
      algorithm: this.#bound.policy.name,
      policyState: this.#learned.policy,
      modifierStates: { ...this.#learned.modifiers },
      inForce: { ...this.#inForce, entries: Object.fromEntries(this.#inForce.entries) },
      membership: this.#membership,
    };
  }

  explain(instance: InstanceId): Explanation | undefined {
    const plan = this.#plan;
    const entry = plan?.entries.find((candidate) => candidate.instance === instance);
    if (plan === undefined || entry === undefined) return undefined;
    const loads = this.#lastRound?.round.loads;
    const total = [...(loads?.values() ?? [])].reduce((sum, load) => sum + completionsOf(load), 0);
    return {
      service: this.#service,
      instance,
      policy: plan.policy,
      mode: plan.mode,
      signalMode: plan.signalMode,
      health: entry.health,
      weight: entry.weight,
      share: entry.share,
      fairShare: this.#evaluation?.draft.find(({ id }) => id === instance)?.fairShare ?? 0,
      measuredShare: total > 0 ? completionsOf(entry.load) / total : undefined,
      factors: entry.factors,
      reasons: entry.reasons,
      enforcement: lawOf(plan.enforcement, this.#inForce.inFlightPerWorker),
      load: entry.load,
      history: this.#history.get(instance) ?? [],
    };
  }

  #reconcile({ nowMs, wallMs, round, policyChanged }: Trigger): Decision {
    const gapMs = this.#lastRound === undefined ? RESTART_GAP_MS : nowMs - this.#lastRound.atMs;
    if (round !== undefined) this.#lastRound = { atMs: nowMs, round };
    this.#stale = this.isSilent(nowMs);
    const totals = round === undefined ? this.#learned.totals : addRound(this.#learned.totals, round, gapMs);
    const evaluation = evaluate({
      instances: this.#snapshot.instances,
      bound: this.#bound,
      settings: this.#settings,
      learned: { ...this.#learned, totals },
      inForce: this.#inForce,
      round,
      gapMs: round === undefined ? 0 : Math.max(gapMs, round.intervalMs),
    });
    this.#learned = evaluation.learned;
    this.#evaluation = evaluation;
    if (round !== undefined && this.#holdRounds > 0) this.#holdRounds -= 1;
    this.#phases ??= evaluation.phases;

    const urgency = this.#urgency(evaluation, policyChanged);
    const waitMs = urgency === undefined ? 0 : this.#lastPushMs + this.#intervalMs(urgency) - nowMs;
    const push = urgency !== undefined && waitMs <= 0;
    if (push) this.#bringIntoForce(evaluation, nowMs, wallMs);
    else if (this.#wantedMembership === this.#membership) this.#members = this.#snapshot.instances;
    this.#plan = this.#makePlan(evaluation);
    return {
      plan: this.#plan,
      pushed: push ? urgency : undefined,
      retryInMs: urgency !== undefined && waitMs > 0 ? waitMs : undefined,
    };
  }

  #urgency(evaluation: Evaluation, policyChanged: boolean): Urgency | undefined {
    if (this.#wantedMembership !== this.#membership || policyChanged) return "members";
    if (this.#holdRounds > 0 || this.#stale) return undefined;
    if (evaluation.phases !== this.#phases || evaluation.equal !== this.#inForce.equal) return "fault";
    const before = evaluation.draft.map(({ id, share }) => this.#inForce.entries.get(id) ?? { weight: 1, share });
    const sharesBefore = before.map(({ share }) => share);
    const weightsBefore = before.map(({ weight }) => weight);
    const changed = isOutsideDeadBand(
      {
        sharesBefore,
        sharesAfter: evaluation.draft.map(({ share }) => share),
        weightsBefore,
        weightsForSameShares: weightsFor(this.#enforcement, sharesBefore, inFlightPerWorker(this.#learned.totals)),
      },
      this.#settings.guards,
    );
    return changed ? "weights" : undefined;
  }

  #bringIntoForce(evaluation: Evaluation, nowMs: number, wallMs: number): void {
    const n = inFlightPerWorker(this.#learned.totals);
    const weights = weightsFor(
      this.#enforcement,
      evaluation.draft.map(({ share }) => share),
      n,
    );
    const pool = new Map(
      evaluation.draft.map(({ id, share }, i) => [
        id,
        { weight: weights[i] ?? 1, share, step: evaluation.steps.get(id) ?? 0 },
      ]),
    );
    const entries = new Map<InstanceId, InForceEntry>();
    for (const { id } of this.#snapshot.instances) {
      // Out of the pool a weight is not used; keeping it makes leaving and coming back no weight change.
      entries.set(id, pool.get(id) ?? { weight: this.#inForce.entries.get(id)?.weight ?? 100, share: 0, step: 0 });
    }
    const revision = this.#inForce.revision + 1;
    for (const { id, share, reasons } of evaluation.draft) {
      const weight = entries.get(id)?.weight ?? 1;
      if (weight === this.#inForce.entries.get(id)?.weight) continue;
      this.#history.set(
        id,
        [{ atWallMs: wallMs, revision, weight, share, reasons }, ...(this.#history.get(id) ?? [])].slice(0, HISTORY),
      );
    }
    for (const id of this.#history.keys()) if (!entries.has(id)) this.#history.delete(id);
    this.#inForce = { revision, equal: evaluation.equal, inFlightPerWorker: n, entries };
    this.#members = this.#snapshot.instances;
    this.#membership = this.#wantedMembership;
    this.#phases = evaluation.phases;
    this.#lastPushMs = nowMs;
  }

  #makePlan(evaluation: Evaluation): WeightPlan {
    return {
      service: this.#service,
      revision: this.#inForce.revision,
      mode: this.#mode(evaluation),
      policy: this.#bound.policy.name,
      signalMode: this.#signalMode,
      enforcement: this.#enforcement,
      entries: planEntries(
        this.#members,
        this.#inForce,
        evaluation.draft,
        this.#lastRound?.round.loads ?? new Map<InstanceId, EndpointLoad>(),
      ),
    };
  }

  #mode(evaluation: Evaluation): PlanMode {
    if (this.#stale || this.#holdRounds > 0) return "frozen";
    if (evaluation.panic) return "panic";
    return evaluation.draft.length < this.#snapshot.instances.length ? "degraded" : "normal";
  }

  get #signalMode(): SignalMode {
    return this.#lastRound === undefined || this.#stale ? "N" : this.#lastRound.round.signalMode;
  }

  get #enforcement(): EnvoyEnforcement {
    return this.#bound.enforcement;
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

interface Trigger {
  readonly nowMs: number;
  readonly wallMs: number;
  readonly round: LoadRound | undefined;
  readonly policyChanged: boolean;
}
