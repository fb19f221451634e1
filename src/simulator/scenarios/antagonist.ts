// S5: a neighbour takes the processor away in a square wave, at several periods: a loop that resonates shows here.
import { alike, BASE, planOf, type Scenario } from "../scenario.js";
import type { TimelineEvent } from "../simulation-plan.js";
import { range } from "./range.js";

const SLOWNESS = 3;
const VICTIMS = [0, 1];

function antagonist(name: string, halfPeriodS: number): Scenario {
  return {
    name,
    title: `two hosts 3 times slower, ${halfPeriodS} s on and ${halfPeriodS} s off`,
    expectation: "better than LEAST_REQUEST alone at long periods, no worse at short ones",
    defaults: { ...BASE, seconds: 160 },
    plan: (parameters) => {
      const { warmupSeconds, seconds } = parameters;
      const timeline = range(Math.floor(seconds / halfPeriodS)).map(
        (half): TimelineEvent => ({
          atMs: (warmupSeconds + half * halfPeriodS) * 1_000,
          kind: "hosts",
          hosts: VICTIMS,
          change: { kind: "slow", factor: half % 2 === 0 ? SLOWNESS : 1 },
        }),
      );
      return planOf(parameters, alike(parameters.hosts), { timeline, marks: [] });
    },
  };
}

export const antagonists: readonly Scenario[] = [antagonist("S5", 20), antagonist("S5b", 5), antagonist("S5c", 2)];
