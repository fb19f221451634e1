// One evaluation of a service: signals and state in, wanted shares and new state out. Pure.
import type { BoundPolicy } from "../balancers/registry.js";
import type { InstanceId } from "../model/ids.js";
import type { CatalogueInstance, Locality } from "../model/instance.js";
import type { EndpointLoad, LoadRound } from "../model/load.js";
import type { Factor } from "../model/plan.js";
import { compose } from "./compose.js";
import { type Draft, productOf } from "./draft.js";
import { blendShares } from "./guards/blend.js";
import { clamp } from "./guards/clamp.js";
import { collapseToEqual } from "./guards/collapse-to-equal.js";
import { isPanic } from "./guards/panic.js";
import { quantise } from "./guards/quantise.js";
import { slew } from "./guards/slew.js";
import { limitTrafficMoved } from "./guards/traffic-moved.js";
import type { InForce } from "./in-force.js";
import { type Effect, MODIFIERS } from "./modifiers/index.js";
import { poolOf } from "./pool.js";
import { type ServiceTotals, serviceRps } from "./service-totals.js";
import type { ControlSettings } from "./settings.js";

/** All that the loop of a service remembers between two evaluations, besides what is in force. */
export interface LearnedState {
  readonly policy: unknown;
  readonly modifiers: Readonly<Record<string, unknown>>;
  readonly totals: ServiceTotals;
  /** Share that the policy alone gave at the previous evaluation. */
  readonly policyShares: ReadonlyMap<InstanceId, number>;
  /** Share over fair share of the previous evaluation, before collapse and rounding. */
  readonly ratios: ReadonlyMap<InstanceId, number>;
}

export interface EvaluationInput {
  readonly instances: readonly CatalogueInstance[];
  readonly bound: BoundPolicy;
  readonly settings: ControlSettings;
  readonly learned: LearnedState;
  readonly inForce: InForce;
  /** 0..1, part of the dynamic shares in what is wanted; the rest is by registered weight. */
  readonly blend: number;
  /** What the policy shall take for the loads of the round, where that is not what was measured. */
  readonly policyLoads?: ReadonlyMap<InstanceId, EndpointLoad> | undefined;
  /** undefined = nothing new was heard. */
  readonly round: LoadRound | undefined;
  /** Milliseconds since the previous round; 0 without a round. */
  readonly gapMs: number;
}

export interface Evaluation {
  /** One entry per member of the pool; empty when nobody may take traffic. */
  readonly draft: Draft;
  readonly equal: boolean;
  readonly panic: boolean;
  readonly steps: ReadonlyMap<InstanceId, number>;
  /** Which modifiers act on whom: a difference makes a push urgent. */
  readonly phases: string;
  readonly learned: LearnedState;
}

const NO_LOADS: ReadonlyMap<InstanceId, EndpointLoad> = new Map();

export function evaluate(input: EvaluationInput): Evaluation {
  const { bound, settings, learned, round, gapMs } = input;
  const pool = poolOf(input.instances);
  const ids = pool.map(({ id }) => id);
  const elapsedMs = round?.intervalMs ?? 0;
  const loads = round?.loads ?? NO_LOADS;
  const modifiers = bound.policy.dynamic ? MODIFIERS : [];
  const outputs = modifiers.map((modifier) => ({
    modifier,
    output: modifier.evaluate({
      elapsedMs,
      gapMs,
      endpoints: ids,
      loads,
      serviceRps: serviceRps(learned.totals),
      policyShareOf: (id) => learned.policyShares.get(id) ?? 1 / ids.length,
      settings,
      state: learned.modifiers[modifier.name],
    }),
  }));
  const holdOf = (id: InstanceId): string | undefined =>
    outputs.find(({ output }) => output.effects.get(id)?.holds)?.modifier.name;
  const policy = bound.policy.evaluate({
    elapsedMs,
    gapMs,
    endpoints: pool.map(({ id, weight, locality }) => ({
      id,
      weight,
      locality: localityKey(locality),
      hold: holdOf(id),
    })),
    loads: input.policyLoads ?? loads,
    signalMode: round?.signalMode ?? "N",
    workers: learned.totals.workers,
    config: bound.config,
    state: learned.policy,
  });
  const faults = outputs.filter(({ modifier }) => modifier.reactsToFaults).map(({ output }) => output.effects);
  const panic = isPanic(pool.length, faults, settings.guards.panicRatio);
  const effects = outputs
    .filter(({ modifier }) => !(panic && modifier.reactsToFaults))
    .map(({ output }) => output.effects);
  const composed =
    pool.length === 0 ? [] : blendShares(compose({ pool, policyFactors: policy.factors, effects }), input.blend);
  const guarded =
    bound.policy.dynamic && composed.length > 0
      ? guard(composed, input, elapsedMs, new Set(outputs.flatMap(({ output }) => [...output.effects.keys()])))
      : asComposed(composed);
  return {
    ...guarded,
    panic,
    phases: [
      `panic=${panic}`,
      ...outputs.flatMap(({ modifier, output }) => phasesOf(modifier.name, output.effects)),
    ].join(" "),
    learned: {
      policy: policy.state,
      modifiers: Object.fromEntries(outputs.map(({ modifier, output }) => [modifier.name, output.state])),
      totals: learned.totals,
      policyShares: sharesOfPolicy(policy.factors),
      ratios: guarded.ratios,
    },
  };
}

interface Guarded extends Pick<Evaluation, "draft" | "equal" | "steps"> {
  readonly ratios: LearnedState["ratios"];
}

function guard(
  composed: Draft,
  { settings, learned, inForce }: EvaluationInput,
  elapsedMs: number,
  acted: ReadonlySet<InstanceId>,
): Guarded {
  const { guards } = settings;
  const slewed = slew(clamp(composed, guards), learned.ratios, elapsedMs, guards);
  const bounded = limitTrafficMoved(slewed, learned.ratios, elapsedMs, acted, guards);
  const ratios = new Map(bounded.map(({ id, share, fairShare }) => [id, share / fairShare]));
  const collapsed = collapseToEqual(bounded, inForce.equal, settings.guards);
  if (collapsed.equal) return { ...collapsed, steps: new Map(), ratios };
  const previous = new Map([...inForce.entries].map(([id, { step }]) => [id, step]));
  return { ...quantise(collapsed.draft, previous, settings.guards), equal: false, ratios };
}

/** Static policies say exactly what they want; there is no signal that could mislead them. */
function asComposed(draft: Draft): Guarded {
  return { draft, equal: false, steps: new Map(), ratios: new Map() };
}

function sharesOfPolicy(factors: ReadonlyMap<InstanceId, readonly Factor[]>): ReadonlyMap<InstanceId, number> {
  const products = [...factors].map(([id, terms]): [InstanceId, number] => [id, productOf(terms)]);
  const total = products.reduce((sum, [, product]) => sum + product, 0);
  return new Map(products.map(([id, product]) => [id, product / total]));
}

function localityKey({ region, zone, subZone }: Locality): string {
  return `${region}/${zone}/${subZone}`;
}

function phasesOf(modifier: string, effects: ReadonlyMap<InstanceId, Effect>): string[] {
  return [...effects].map(([id, { phase }]) => `${modifier}:${id}=${phase}`);
}
