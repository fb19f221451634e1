// `npm run bench:push`: what it costs to push to a fleet, here and elsewhere. Exit status 0 = all was measured (whatever was
// found: the bars are in the result) or there is no Go tool chain, 1 = something broke, 2 = wrong usage.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, release, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { barsOf } from "./bars.js";
import { buildGo, type Contender, contenders } from "./contenders.js";
import { growthCurves } from "./growth.js";
import { canPin } from "./line-process.js";
import { markdownOf } from "./markdown.js";
import { type Measurement, measure } from "./measure.js";
import { type PushBenchOptions, parseOptions, USAGE } from "./options.js";
import type { GrowthCurve, PushResult, WorkloadResult } from "./result.js";
import { quick, WORKLOADS, type Workload } from "./workloads.js";

interface Programs {
  readonly peer: string;
  readonly swarm: string;
  readonly tls: { readonly cert: string; readonly key: string };
}

const say = (text: string): void => console.error(text);

async function main(args: readonly string[]): Promise<number> {
  let options: PushBenchOptions | "help";
  try {
    options = parseOptions(args);
  } catch (error) {
    say(`bench:push: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return 2;
  }
  if (options === "help") {
    console.log(USAGE);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), "steelyard-push-"));
  try {
    const built = buildGo(folder);
    if (typeof built === "string") {
      say(`bench:push: skipped: ${built}`);
      write(options.jsonFile, `${JSON.stringify({ skipped: built, bars: [] }, null, 2)}\n`);
      return 0;
    }
    await bench(options, { ...built, tls: makeCertificate(built.peer, folder) });
    return 0;
  } catch (error) {
    say(`bench:push: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function bench(options: PushBenchOptions, programs: Programs): Promise<void> {
  const all = contenders(programs.peer);
  const workloads: WorkloadResult[] = [];
  // Written as it grows: what took half an hour is not lost with what comes after it.
  for (const workload of WORKLOADS.filter(({ name }) => options.workloads.includes(name))) {
    workloads.push(await rounds(options.quick ? quick(workload) : workload, all, options, programs));
    save(resultOf(workloads, [], all, options), options);
  }
  const [steelyard] = all;
  const growth =
    options.growth && steelyard
      ? await growthCurves({
          contender: steelyard,
          swarm: programs.swarm,
          quick: options.quick,
          runs: options.quick ? 1 : options.runs,
          onProgress: say,
        })
      : [];
  console.log(save(resultOf(workloads, growth, all, options), options));
}

function resultOf(
  workloads: readonly WorkloadResult[],
  growth: readonly GrowthCurve[],
  all: readonly Contender[],
  { quick: isQuick }: PushBenchOptions,
): PushResult {
  const measured = new Set(workloads.flatMap(({ runs }) => Object.keys(runs)));
  return {
    environment: environment(),
    quick: isQuick,
    contenders: all.filter(({ name }) => measured.has(name)).map(({ name, what }) => ({ name, what })),
    workloads,
    growth,
    bars: barsOf(workloads, growth),
  };
}

/** @returns the tables */
function save(result: PushResult, { markdownFile, jsonFile }: PushBenchOptions): string {
  const text = markdownOf(result);
  write(markdownFile, text);
  write(jsonFile, `${JSON.stringify(result, null, 2)}\n`);
  return text;
}

/** All contenders in turn, and that several times, so that neighbours in time are compared. */
async function rounds(
  workload: Workload,
  all: readonly Contender[],
  options: PushBenchOptions,
  { swarm, tls }: Programs,
): Promise<WorkloadResult> {
  const asked = options.contenders ?? (options.quick ? QUICK_CONTENDERS[workload.name] : undefined);
  const chosen = all.filter(
    ({ name }) => workload.contenders.includes(name) && (name === "steelyard" || (asked?.includes(name) ?? true)),
  );
  const runs: Record<string, Measurement[]> = {};
  for (let round = 0; round < options.runs; round++) {
    for (const contender of chosen) {
      const measured = await measure(contender, workload, swarm, tls);
      const { cpuUs, lastMs, connectCpuMs } = measured;
      say(
        `${workload.name} ${round + 1}/${options.runs} ${contender.name}: ` +
          (cpuUs > 0
            ? `${cpuUs.toFixed(1)} µs, last ${lastMs.toFixed(1)} ms`
            : `connects ${connectCpuMs.toFixed(0)} ms`),
      );
      (runs[contender.name] ??= []).push(measured);
    }
  }
  return { name: workload.name, what: workload.what, runs };
}

const RIVALS = ["gcp-linear", "gcp-best"];
const QUICK_CONTENDERS: Readonly<Record<string, readonly string[]>> = {
  "W1-1000": RIVALS,
  "W1-3000": RIVALS,
  "W2-5000": RIVALS,
  W3: [...RIVALS, "gcp-snapshot"],
  W4: ["gcp-linear"],
  W5: [],
  idle: ["gcp-linear"],
};

function makeCertificate(peer: string, folder: string): Programs["tls"] {
  const tls = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  const made = spawnSync(peer, ["--make-certificate", "--cert", tls.cert, "--key", tls.key], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(`no certificate: ${made.stderr}`);
  return tls;
}

function environment(): PushResult["environment"] {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cpus: availableParallelism(),
    platform: `${process.platform} ${process.arch} ${release()}`,
    node: process.versions.node,
    go: spawnSync("go", ["env", "GOVERSION"], { encoding: "utf8" }).stdout.trim(),
    pinned: canPin ? "server on core 0, swarm on core 1" : "no",
  };
}

function write(file: string | undefined, text: string): void {
  if (file === undefined) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

process.exitCode = await main(process.argv.slice(2));
