// One evaluation of a service: signals and state in, wanted shares and new state out. Pure.

import type { EndpointPool } from "../balancers/endpoint-pool.js";
import type { BoundPolicy } from "../balancers/registry.js";
import type { InstanceId } from "../model/ids.js";
import { completionsOf, type EndpointLoad, type LoadRound } from "../model/load.js";
import { sumOf } from "../stats/parts.js";
import { compose } from "./compose.js";
import { type Draft, ratiosOf } from "./draft.js";
import { fitGroups } from "./fit-groups.js";
import { blendShares } from "./guards/blend.js";
import { clamp } from "./guards/clamp.js";
import { collapseToEqual } from "./guards/collapse-to-equal.js";
import { isPanic } from "./guards/panic.js";
import { quantise } from "./guards/quantise.js";
import { slew } from "./guards/slew.js";
import { limitTrafficMoved } from "./guards/traffic-moved.js";
import { type LearnedState, newShares } from "./learned-state.js";
import { type Effects, MODIFIERS } from "./modifiers/index.js";
import { serviceRps } from "./service-totals.js";
import type { ControlSettings } from "./settings.js";

export interface EvaluationInput {
  readonly pool: EndpointPool;
  readonly bound: BoundPolicy;
  readonly settings: ControlSettings;
  readonly learned: LearnedState;
  readonly before: GuardMemory;
  /** 0..1, part of the dynamic shares in what is wanted; the rest is by registered weight. */
  readonly blend: number;
  /** What the policy shall take for the loads of the round, where that is not what was measured. */
  readonly policyLoads?: ReadonlyMap<InstanceId, EndpointLoad> | undefined;
  /** undefined = nothing new was heard. */
  readonly round: LoadRound | undefined;
  /** Milliseconds since the previous round; 0 without a round. */
  readonly gapMs: number;
}

/** What the guards measure changes from, in the order of the pool. */
export interface GuardMemory {
  readonly equal: boolean;
  /** Grid steps; NaN = none. */
  readonly steps: Float64Array;
  /** Share over fair share; 0 = newcomer. */
  readonly ratios: Float64Array;
}

export interface Evaluation {
  /** Of the pool; empty when nobody may take traffic. */
  readonly draft: Draft;
  readonly equal: boolean;
  readonly panic: boolean;
  /** Grid steps, in the order of the pool; undefined where `quantise` did not act. */
  readonly steps: Float64Array | undefined;
  /** Part of its capacity that the modifiers leave those whom they hold back, 0..1, by position; brief reliefs do not count. */
  readonly left: ReadonlyMap<number, number>;
  /** Which modifiers act on whom: a difference makes a push urgent. */
  readonly phases: string;
  readonly learned: LearnedState;
}

const NO_LOADS: ReadonlyMap<InstanceId, EndpointLoad> = new Map();

export function evaluate(input: EvaluationInput): Evaluation {
  const { pool, bound, settings, learned, round, gapMs } = input;
  const { ids } = pool;
  const elapsedMs = round?.intervalMs ?? 0;
  const serviceLoads = round?.loads ?? NO_LOADS;
  const loads = ids.map((id) => serviceLoads.get(id));
  const policyLoads = input.policyLoads ?? serviceLoads;
  const { policyShare } = learned.shares.alignedTo(ids).columns;
  const completions = completionsIn(serviceLoads);
  const modifiers = bound.policy.dynamic ? MODIFIERS : [];
  const outputs = modifiers.map((modifier) => ({
    modifier,
    output: modifier.evaluate({
      elapsedMs,
      gapMs,
      ids,
      loads,
      completions,
      serviceRps: serviceRps(learned.totals),
      policyShareOf: (i) => policyShare[i] || 1 / ids.length,
      settings,
      state: learned.modifiers[modifier.name],
    }),
  }));
  const policy = bound.policy.evaluate({
    elapsedMs,
    gapMs,
    pool,
    held: new Set(leftBy(outputs.map(({ output }) => output.effects)).keys()),
    loads: policyLoads === serviceLoads ? loads : ids.map((id) => policyLoads.get(id)),
    serviceLoads: policyLoads,
    signalMode: round?.signalMode ?? "N",
    workers: learned.totals.workers,
    config: bound.config,
    state: learned.policy,
  });
  const faults = outputs.filter(({ modifier }) => modifier.reactsToFaults).map(({ output }) => output.effects);
  const panic = isPanic(ids.length, faults, settings.guards.panicRatio);
  const effects = outputs
    .filter(({ modifier }) => !(panic && modifier.reactsToFaults))
    .map(({ output }) => output.effects);
  const composed = blendShares(fitGroups(compose({ pool, policy, effects })), input.blend);
  const acted = outputs.some(({ output }) => output.effects.size > 0);
  const guarded = bound.policy.dynamic && ids.length > 0 ? guard(composed, input, elapsedMs, acted) : exactly(composed);
  const shares = sharesOf(pool, policy.products, guarded);
  return {
    draft: guarded.draft,
    equal: guarded.equal,
    steps: guarded.steps === undefined ? undefined : shares.columns.step,
    panic,
    left: leftBy(effects),
    phases: [
      `panic=${panic}`,
      ...outputs.flatMap(({ modifier, output }) => phasesOf(modifier.name, ids, output.effects)),
    ].join(" "),
    learned: {
      policy: policy.state,
      modifiers: Object.fromEntries(outputs.map(({ modifier, output }) => [modifier.name, output.state])),
      totals: learned.totals,
      shares,
    },
  };
}

interface Guarded extends Pick<Evaluation, "draft" | "equal" | "steps"> {
  /** Share over fair share before collapse and rounding; undefined = no guards were at work. */
  readonly ratios: Float64Array | undefined;
}

function guard(composed: Draft, { settings, before }: EvaluationInput, elapsedMs: number, acted: boolean): Guarded {
  const { guards } = settings;
  const slewed = slew(clamp(composed, guards), before.ratios, elapsedMs, guards);
  const bounded = limitTrafficMoved(slewed, before.ratios, elapsedMs, acted, guards);
  const ratios = ratiosOf(bounded);
  const collapsed = collapseToEqual(bounded, before.equal, guards);
  if (collapsed.equal) return { ...collapsed, steps: undefined, ratios };
  const { draft, steps } = quantise(collapsed.draft, before.steps, guards);
  return { draft: fitGroups(draft), steps, equal: false, ratios };
}

/** Static policies say exactly what they want; there is no signal that could mislead them. */
function exactly(draft: Draft): Guarded {
  return { draft, equal: false, steps: undefined, ratios: undefined };
}

function sharesOf(pool: EndpointPool, products: Float64Array, { ratios, steps }: Guarded): LearnedState["shares"] {
  const table = newShares(pool.ids);
  const total = sumOf(products);
  table.columns.policyShare.set(products.map((product) => product / total));
  if (ratios !== undefined) table.columns.ratio.set(ratios);
  if (steps !== undefined) table.columns.step.set(steps);
  return table;
}

function completionsIn(loads: ReadonlyMap<InstanceId, EndpointLoad>): number {
  let completions = 0;
  for (const load of loads.values()) completions += completionsOf(load);
  return completions;
}

/** Part of its capacity that is left of each that is held back. */
function leftBy(effects: readonly Effects[]): ReadonlyMap<number, number> {
  const left = new Map<number, number>();
  for (const ofModifier of effects) {
    for (const [i, { holds, factor }] of ofModifier) if (holds) left.set(i, (left.get(i) ?? 1) * factor.value);
  }
  return left;
}

function phasesOf(modifier: string, ids: readonly InstanceId[], effects: Effects): string[] {
  return [...effects].map(([i, { phase }]) => `${modifier}:${ids[i]}=${phase}`);
}
