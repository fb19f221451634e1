// Which runs there will be, in which order: repetitions outermost and batches in turn, so that a slow hour of the machine
// falls on everybody.
import { BLIND_BATCH, type ContenderName, MAIN_BATCH, OPTIONAL_CONTENDER } from "./contenders.js";
import type { BenchOptions } from "./options.js";
import type { Scenario } from "./scenario.js";
import { scenariosFor } from "./scenarios.js";

export interface PlannedRun {
  readonly scenario: Scenario;
  readonly contenders: readonly ContenderName[];
  readonly proxies: number;
  /** 1, 2, ... */
  readonly repetition: number;
}

/** Processes start and stop, and the last requests come back. */
const OVERHEAD_S = 9;

export function planOf(
  options: Pick<BenchOptions, "scenarios" | "quick" | "proxies" | "repetitions" | "contenders">,
  optionalAvailable: boolean,
): readonly PlannedRun[] {
  const { scenarios, quick, proxies, repetitions } = options;
  const runs: PlannedRun[] = [];
  for (let repetition = 1; repetition <= repetitions; repetition += 1) {
    for (const scenario of scenariosFor(scenarios, quick)) {
      for (const count of proxies.filter((wanted) => isFor(scenario, wanted))) {
        const batches = batchesOf(options, scenario, repetition, optionalAvailable);
        const turned = repetition % 2 === 0 ? batches.toReversed() : batches;
        runs.push(...turned.map((contenders) => ({ scenario, contenders, proxies: count, repetition })));
      }
    }
  }
  return runs;
}

/** Seconds, about. */
export function lengthOf(runs: readonly PlannedRun[]): number {
  return runs.reduce((sum, { scenario }) => sum + scenario.lengthS + OVERHEAD_S, 0);
}

function isFor({ proxies }: Scenario, count: number): boolean {
  return count >= Math.min(...proxies);
}

function batchesOf(
  { contenders, quick }: Pick<BenchOptions, "contenders" | "quick">,
  { blind }: Scenario,
  repetition: number,
  optionalAvailable: boolean,
): readonly (readonly ContenderName[])[] {
  if (contenders !== undefined) return [contenders];
  const optional: readonly ContenderName[] = ["least-request", OPTIONAL_CONTENDER];
  return [
    MAIN_BATCH,
    ...(optionalAvailable ? [optional] : []),
    ...(blind && !quick && repetition === 1 ? [BLIND_BATCH] : []),
  ];
}
