// The figures as a page.
import { type BalancerFigures, SIZES } from "./measure.js";

export interface SelectResult {
  readonly node: string;
  readonly cpu: string;
  readonly rounds: number;
  readonly balancers: readonly BalancerFigures[];
  /** `ratio` 1 is exactly the limit; more misses it. */
  readonly bars: readonly {
    readonly name: string;
    readonly ratio: number;
    readonly limit: number;
    readonly met: boolean;
  }[];
}

export function reportText({ node, cpu, rounds, balancers, bars }: SelectResult): string {
  const row = ({ name, exponent, points }: BalancerFigures): string => {
    const ns = points.map((point) => Math.round(point.ns).toLocaleString("en"));
    const bytes = Math.max(...points.filter(({ n }) => n <= 1_000).map((point) => point.bytes));
    return `| \`${name}\` | ${ns.join(" | ")} | ${exponent.toFixed(2)} | ${Math.round(bytes)} |`;
  };
  return [
    "# Cost of a request in each balancer",
    "",
    "`npm run bench:select -- --json bench/results/select.json --markdown bench/results/select.md`",
    "",
    `Node ${node}, ${cpu}. Nanoseconds of CPU for one \`select\` and one \`recordResult\`, best of ${rounds} rounds, with 32`,
    "requests in flight, by number of backends n. The exponent is the slope of log(time) over log(n): 0 is constant, 1 is",
    "proportional; caches that no longer hold everything add to it. The last column is the heap made per request, the most of",
    "n = 10, 100 and 1,000: numbers that the engine boxes between calls, and no objects.",
    "",
    `| Balancer | ${SIZES.map((n) => `n = ${n.toLocaleString("en")}`).join(" | ")} | exponent | bytes |`,
    `|---|${SIZES.map(() => "---:|").join("")}---:|---:|`,
    ...balancers.map(row),
    "",
    "| Bar | of the limit | met |",
    "|---|---:|---|",
    ...bars.map(({ name, ratio, met }) => `| ${name} | ${ratio.toFixed(2)} | ${met ? "yes" : "**no**"} |`),
    "",
  ].join("\n");
}
