// `npm run bench:select -- [--quick] [--json FILE] [--markdown FILE]`: what one request costs in each balancer, and how
// that grows with the number of backends. Ends with 1 when a bar is missed.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { CONTENDERS } from "./contenders.js";
import { measureAll } from "./measure.js";
import { reportText, type SelectResult } from "./report.js";

/** Most bytes per call for up to 1,000 backends: room for four boxed numbers, not for an object per call. */
const MAX_BYTES = 64;
/** Largest exponent of what has to be O(1) or O(log n). */
const MAX_EXPONENT = 0.5;

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, json: { type: "string" }, markdown: { type: "string" } },
});

const rounds = values.quick ? 3 : 15;
const balancers = measureAll(rounds, values.quick ? 3 : 10);
const bar = (name: string, value: number, limit: number) => ({
  name,
  ratio: value / limit,
  limit,
  met: value <= limit,
});
const bars = balancers.flatMap(({ name, points, exponent }) => {
  const { calls = 1, isLinear = false } = CONTENDERS.find((contender) => contender.name === name) ?? {};
  const bytes = Math.max(...points.filter(({ n }) => n <= 1_000).map((point) => point.bytes));
  return [
    bar(`${name}: heap per request`, bytes, calls * MAX_BYTES),
    bar(`${name}: growth`, exponent, isLinear ? 1 : MAX_EXPONENT),
  ];
});
const result: SelectResult = {
  node: process.versions.node,
  cpu: cpus()[0]?.model.trim() ?? "unknown CPU",
  rounds,
  balancers,
  bars,
};
const text = reportText(result);
console.log(text);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
if (values.markdown !== undefined) writeFileSync(values.markdown, text);
process.exitCode = bars.every(({ met }) => met) ? 0 : 1;
