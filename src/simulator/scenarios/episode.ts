// A fault that comes and goes: warm-up, the fault (measured), recovery.
import type { HostChange } from "../plant/host-change.js";
import { planOf, type ScenarioParameters, type Variation } from "../scenario.js";
import type { HostSpec, Mark, SimulationPlan, TimelineEvent, Window } from "../simulation-plan.js";

/** After the onset, where the first reaction is over. */
const LATE_AFTER_MS = 5_000;
const RECOVERY_MS = 30_000;

export interface Episode {
  readonly hosts: readonly number[];
  readonly onset: readonly HostChange[];
  readonly end: readonly HostChange[];
}

export function episodePlan(
  parameters: ScenarioParameters,
  hosts: readonly HostSpec[],
  episode: Episode,
  variation: Variation = {},
): SimulationPlan {
  const fromMs = parameters.warmupSeconds * 1_000;
  const toMs = fromMs + parameters.seconds * 1_000;
  return planOf(parameters, hosts, {
    timeline: episodeTimeline(episode, fromMs, toMs),
    marks: episodeMarks(episode, fromMs, toMs),
    moreWindows: [
      { name: "late", fromMs: fromMs + LATE_AFTER_MS, toMs },
      { name: "recovery", fromMs: toMs, toMs: toMs + RECOVERY_MS },
    ] satisfies Window[],
    totalMs: toMs + RECOVERY_MS + 5_000,
    ...variation,
  });
}

export function episodeTimeline({ hosts, onset, end }: Episode, fromMs: number, toMs: number): TimelineEvent[] {
  return [
    ...onset.map((change) => ({ atMs: fromMs, kind: "hosts" as const, hosts, change })),
    ...end.map((change) => ({ atMs: toMs, kind: "hosts" as const, hosts, change })),
  ];
}

export function episodeMarks({ hosts }: Episode, fromMs: number, toMs: number, name = ""): Mark[] {
  return [
    { name: `${name}onset`, atMs: fromMs, hosts, kind: "onset" },
    { name: `${name}end`, atMs: toMs, hosts, kind: "end" },
  ];
}
