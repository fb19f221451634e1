// S6: garbage collections. Pauses shorter than the loop's reaction: chasing them can only do harm.
import { alike, BASE, planOf, type Scenario } from "../scenario.js";
import type { TimelineEvent } from "../simulation-plan.js";
import { range } from "./range.js";

const EVERY_S = 30;
/** Successive multiples of it modulo 1 are spread evenly: irregular, and the same in every run. */
const GOLDEN = 0.618_034;

export const pauses: Scenario = {
  name: "S6",
  title: "every host stands still for 0.5 to 2 s every 30 s, each at its own time",
  expectation: "no chase: few pushes, p99.9 no worse than LEAST_REQUEST's",
  defaults: { ...BASE, seconds: 120 },
  plan: (parameters) => {
    const { hosts, warmupSeconds, seconds } = parameters;
    const rounds = Math.ceil((warmupSeconds + seconds) / EVERY_S);
    const timeline = range(rounds).flatMap((round) =>
      range(hosts).map((host): TimelineEvent => {
        const k = round * hosts + host;
        return {
          atMs: (round + (host + ((k * GOLDEN) % 1)) / (hosts + 1)) * EVERY_S * 1_000,
          kind: "hosts",
          hosts: [host],
          change: { kind: "pause", forMs: 500 + 1_500 * ((k * GOLDEN * 7) % 1) },
        };
      }),
    );
    return planOf(parameters, alike(hosts), { timeline, marks: [] });
  },
};
