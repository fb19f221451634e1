// `npm run bench:ingest [-- --quick] [--json FILE] [--markdown FILE]`: what it costs to hear 1,000 proxies, and to decide
// about 10,000 endpoints. Bars: 150,000 samples per second and core, 50 ms a tick, 1 KB of state per endpoint.
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { measureTick } from "./control-tick.js";
import { reportText } from "./report.js";
import { measureIngest } from "./signals.js";

const { values: options } = parseArgs({
  options: { quick: { type: "boolean", default: false }, json: { type: "string" }, markdown: { type: "string" } },
});
const rounds = options.quick ? 5 : 30;
const ingest = measureIngest(1_000, rounds);
// Code that a first pass compiles is no endpoint's: it would count as 100 bytes for each, more or fewer as the compiler likes.
measureTick(10_000, 5);
const tick = measureTick(10_000, rounds);
const bar = (name: string, ratio: number) => ({ name, ratio, limit: 1, met: ratio <= 1 });
const result = {
  node: process.version,
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  rounds,
  ingest,
  tick,
  bars: [
    bar("150,000 samples per second and core", 150_000 / ingest.samplesPerCpuSecond),
    bar("50 ms of CPU for one tick of 10,000 endpoints", tick.medianCpuMs / 50),
    bar("1,024 bytes of live heap per endpoint", tick.heapBytesPerEndpoint / 1_024),
  ],
};

const text = reportText(result);
process.stdout.write(text);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
if (options.markdown !== undefined) writeFileSync(options.markdown, text);
