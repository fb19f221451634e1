// The library's one function: a scenario under one or several policies, over several seeds, into comparable figures.
import { controlSettingsSchema } from "../control/settings.js";
import { SteelyardError } from "../model/errors.js";
import { fieldErrorsOf } from "../model/field-errors.js";
import { type MarkResult, settlingOf } from "./measure/settling.js";
import { shareDeviation, signFlips, trafficMoved } from "./measure/steadiness.js";
import type { Second } from "./measure/time-series.js";
import { WindowRecord, type WindowResult } from "./measure/window-record.js";
import type { Scenario, ScenarioParameters } from "./scenario.js";
import { SCENARIOS } from "./scenarios/index.js";
import { type Run, run } from "./simulation.js";
import type { SimulationPlan } from "./simulation-plan.js";

export interface SimulateOptions {
  /** Name of one of SCENARIOS, or a scenario of your own. */
  readonly scenario: string | Scenario;
  /** Default `["adaptive"]`. */
  readonly policies?: readonly string[];
  /** Number of runs per policy, each with its own arrivals and work. Default 1. */
  readonly seeds?: number;
  /** Default 1. */
  readonly firstSeed?: number;
  /** What is not given is the scenario's default. */
  readonly parameters?: Partial<ScenarioParameters>;
  /** Constants of modifiers and guards, as under `control` of the configuration; every field has a default. */
  readonly controlSettings?: unknown;
  /** Settings of the policies, by name of the policy. */
  readonly policySettings?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface Simulated {
  readonly scenario: string;
  readonly title: string;
  readonly parameters: ScenarioParameters;
  readonly seeds: readonly number[];
  /** Hosts that are alike and meet the same fate. */
  readonly groups: readonly HostGroup[];
  readonly results: readonly PolicyResult[];
}

export interface HostGroup {
  readonly label: string;
  /** Indices. */
  readonly hosts: readonly number[];
}

/** Figures of the first window are at the top; latencies of several seeds are pooled, other figures are means. */
export interface PolicyResult extends Omit<WindowResult, "name" | "fromS" | "toS"> {
  readonly policy: string;
  readonly pushesPerMinute: number;
  /** Part of all traffic that pushes moved in the first window: sum of total variations. */
  readonly trafficMoved: number;
  /** The longest of all changes; undefined = never settled in some run, or nothing to settle after. */
  readonly settleSeconds: number | undefined;
  /** Largest over mean utilisation of the hosts, in the first window. */
  readonly utilisationRatio: number;
  /** Standard deviation of ln(share) in the second half of the first window. */
  readonly shareDeviation: number;
  /** Turns of target shares per minute. */
  readonly signFlipsPerMinute: number;
  readonly windows: readonly WindowResult[];
  readonly changes: readonly MarkResult[];
  readonly runs: readonly RunResult[];
  /** Of the first seed. */
  readonly series: readonly Second[];
}

/** One seed; the same seed means the same arrivals under every policy. */
export interface RunResult {
  readonly seed: number;
  readonly windows: readonly WindowResult[];
  readonly changes: readonly MarkResult[];
  readonly pushes: number;
  /** Simulated events. */
  readonly events: number;
}

/** @throws SteelyardError ERR_INVALID_REQUEST, ERR_UNKNOWN_POLICY */
export function simulate(options: SimulateOptions): Simulated {
  const scenario = scenarioOf(options.scenario);
  const parameters = { ...scenario.defaults, ...options.parameters };
  const plan = scenario.plan(parameters);
  const controlSettings = parseControlSettings(options.controlSettings ?? {});
  const firstSeed = options.firstSeed ?? 1;
  const seeds = Array.from({ length: options.seeds ?? 1 }, (_, i) => firstSeed + i);
  const results = (options.policies ?? ["adaptive"]).map((policy): PolicyResult => {
    const policySettings = options.policySettings?.[policy] ?? {};
    const runs = seeds.map((seed) => run({ plan, policy, seed, controlSettings, policySettings }));
    return summarise(policy, plan, seeds, runs);
  });
  return { scenario: scenario.name, title: scenario.title, parameters, seeds, groups: groupsOf(plan), results };
}

function scenarioOf(scenario: string | Scenario): Scenario {
  if (typeof scenario !== "string") return scenario;
  const found = SCENARIOS.find(({ name }) => name.toLowerCase() === scenario.toLowerCase());
  if (found !== undefined) return found;
  const names = SCENARIOS.map(({ name }) => name).join(", ");
  throw new SteelyardError("ERR_INVALID_REQUEST", `no scenario ${JSON.stringify(scenario)}; there are: ${names}`);
}

function parseControlSettings(settings: unknown): ReturnType<typeof controlSettingsSchema.parse> {
  const parsed = controlSettingsSchema.safeParse(settings);
  if (parsed.success) return parsed.data;
  throw new SteelyardError("ERR_INVALID_REQUEST", "control settings are not valid", {
    errors: fieldErrorsOf(parsed.error),
  });
}

function summarise(policy: string, plan: SimulationPlan, seeds: readonly number[], runs: readonly Run[]): PolicyResult {
  const seconds = runs.map(({ recorder }) => recorder.series.seconds());
  const changes = seconds.map((series) => changesOf(plan, series));
  const windows = pooledWindows(plan, runs);
  const [main] = plan.windows;
  const minutes = (main.toMs - main.fromMs) / 60_000;
  const { fromMs, toMs } = main;
  const pushesOf = ({ pushes }: Run): number => pushes.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).length;
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const secondHalf = (series: readonly Second[]): readonly Second[] =>
    series.slice(Math.floor((fromMs + toMs) / 2000), Math.floor(toMs / 1000));
  const pooled =
    changes[0]?.map((change, i) =>
      meanChange(
        change,
        changes.flatMap((all) => all[i] ?? []),
      ),
    ) ?? [];
  const { name: _name, fromS: _fromS, toS: _toS, ...top } = windows[0] ?? new WindowRecord(main).result();
  return {
    policy,
    ...top,
    pushesPerMinute: mean(runs.map((one) => pushesOf(one) / minutes)),
    trafficMoved: mean(runs.map(({ pushes }) => trafficMoved(pushes, fromMs, toMs))),
    settleSeconds: worst(pooled),
    utilisationRatio: mean(runs.map(({ recorder }) => utilisationRatio(plan, recorder.busyMs))),
    shareDeviation: mean(seconds.map((series) => shareDeviation(secondHalf(series)))),
    signFlipsPerMinute: mean(runs.map(({ pushes }) => signFlips(pushes, fromMs, toMs) / minutes)),
    windows,
    changes: pooled,
    runs: runs.map(({ recorder, pushes, events }, i) => ({
      seed: seeds[i] ?? 0,
      windows: recorder.windows.map((window) => window.result()),
      changes: changes[i] ?? [],
      pushes: pushes.length,
      events,
    })),
    series: seconds[0] ?? [],
  };
}

function pooledWindows(plan: SimulationPlan, runs: readonly Run[]): WindowResult[] {
  return plan.windows.map((window, i) => {
    const records = runs.flatMap(({ recorder }) => recorder.windows[i] ?? []);
    return WindowRecord.pooled(window, records).result();
  });
}

function changesOf(plan: SimulationPlan, series: readonly Second[]): MarkResult[] {
  return plan.marks.map((mark, i) => {
    const until = plan.marks[i + 1]?.atMs ?? plan.totalMs - plan.requestTimeoutMs;
    return settlingOf(mark, series, Math.floor(until / 1000), classesOf(plan, mark.hosts));
  });
}

/** Hosts that are alike: of the same size and speed, and either concerned by the change or not. */
function classesOf(plan: SimulationPlan, concerned: readonly number[]): number[][] {
  const classes = new Map<string, number[]>();
  for (const [host, { slots, speed, present }] of plan.hosts.entries()) {
    const key = `${slots}/${speed}/${present}/${concerned.includes(host)}`;
    classes.set(key, [...(classes.get(key) ?? []), host]);
  }
  return [...classes.values()];
}

function groupsOf(plan: SimulationPlan): HostGroup[] {
  const concerned = plan.timeline.flatMap((event) => (event.kind === "hosts" ? event.hosts : []));
  return classesOf(plan, concerned).map((hosts) => {
    const { slots, speed } = plan.hosts[hosts[0] ?? 0] ?? { slots: 1, speed: 1 };
    const who = hosts.length > 1 ? `${hosts.length} hosts` : `host ${hosts[0] ?? 0}`;
    const size = `${slots} slot${slots > 1 ? "s" : ""}${speed === 1 ? "" : `, speed ${speed}`}`;
    return { label: `${who}, ${size}`, hosts };
  });
}

function meanChange(first: MarkResult, all: readonly MarkResult[]): MarkResult {
  const mean = (values: readonly (number | undefined)[]): number | undefined =>
    values.includes(undefined)
      ? undefined
      : values.reduce<number>((sum, value) => sum + (value ?? 0), 0) / values.length;
  return {
    ...first,
    settleSeconds: mean(all.map(({ settleSeconds }) => settleSeconds)),
    shedSeconds: mean(all.map(({ shedSeconds }) => shedSeconds)),
    backSeconds: mean(all.map(({ backSeconds }) => backSeconds)),
  };
}

function worst(changes: readonly MarkResult[]): number | undefined {
  const settles = changes.map(({ settleSeconds }) => settleSeconds);
  return settles.length === 0 || settles.includes(undefined)
    ? undefined
    : Math.max(0, ...settles.map((value) => value ?? 0));
}

function utilisationRatio(plan: SimulationPlan, busyMs: Float64Array): number {
  const utilisations = plan.hosts
    .map(({ slots, present }, host) => ({ present, value: (busyMs[host] ?? 0) / slots }))
    .filter(({ present }) => present)
    .map(({ value }) => value);
  const mean = utilisations.reduce((sum, value) => sum + value, 0) / utilisations.length;
  return mean > 0 ? Math.max(...utilisations) / mean : 1;
}
