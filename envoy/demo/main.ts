// `npm run demo`: a real Envoy, nine backends that register themselves, and faults; beside it Envoy's own balancing under
// the same load. Exit status 0 = the weights adapted, 1 = they did not or something broke, 2 = wrong usage, 130 = Ctrl-C.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cleanup } from "../lab/cleanup.js";
import { painter } from "./ansi.js";
import { Director } from "./director.js";
import { type Display, PlainDisplay, TerminalDisplay } from "./display.js";
import { type DemoOptions, parseOptions, USAGE } from "./options.js";
import { playgroundLines } from "./playground.js";
import { reportLines, reportOf } from "./report.js";
import { SCENES } from "./scenes.js";
import { Stage } from "./stage.js";

/** Traffic before the first scene when `learn` was not asked for. */
const WARM_UP_SECONDS = 12;

const terminal = process.stdout.isTTY;
const paint = painter(terminal && !process.env["NO_COLOR"]);

async function main(args: readonly string[]): Promise<number> {
  let options: DemoOptions | "help";
  try {
    options = parseOptions(args);
  } catch (error) {
    console.error(`demo: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return 2;
  }
  if (options === "help") {
    console.log(USAGE);
    return 0;
  }
  return perform(options);
}

async function perform(options: DemoOptions): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "steelyard-demo-"));
  const cleanup = new Cleanup();
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => interrupted.abort());
  let fail: (error: Error) => void = () => undefined;
  const broken = new Promise<never>((_, reject) => {
    fail = reject;
    interrupted.signal.addEventListener("abort", () => reject(new Interrupted("interrupted")), { once: true });
  });
  broken.catch(() => undefined); // heard through the race below, or no longer of interest

  try {
    const status = await Promise.race([show(options, folder, cleanup, interrupted.signal, fail), broken]);
    await cleanup.run();
    rmSync(folder, { recursive: true, force: true });
    return status;
  } catch (error) {
    await cleanup.run().catch((failure: unknown) => console.error(describe(failure)));
    if (error instanceof Interrupted) {
      rmSync(folder, { recursive: true, force: true });
      return 130;
    }
    console.error(`\ndemo: ${describe(error)}\nAll logs: ${folder}`);
    return 1;
  }
}

class Interrupted extends Error {}

async function show(
  options: DemoOptions,
  folder: string,
  cleanup: Cleanup,
  interrupted: AbortSignal,
  onFailure: (error: Error) => void,
): Promise<number> {
  const display: Display = terminal ? new TerminalDisplay(process.stdout, paint) : new PlainDisplay(console.log);
  cleanup.add("the display", () => display.close());
  const onProgress = (text: string): void => display.say(paint(` ${text} ...`, "dim"));
  const stage = await Stage.set({ folder, seed: options.seed, cleanup, onProgress, onFailure });

  const scenes = SCENES.filter((scene) => options.scenes.includes(scene.name));
  const fullSeconds = scenes.reduce((sum, scene) => sum + scene.seconds, 0);
  const scale = options.seconds === undefined ? 1 : options.seconds / fullSeconds;
  const director = new Director({ stage, scenes, scale, display });
  if (!options.scenes.includes("learn")) await director.warmUp(WARM_UP_SECONDS);
  await director.play();
  if (!options.keep) await stage.finishLoad();

  const judge = director.judge.bind(director);
  const { seed } = options;
  const report = reportOf({ seed, envoyVersion: stage.envoyVersion, log: stage.log, played: director.played, judge });
  if (options.jsonFile !== undefined) writeFileSync(options.jsonFile, `${JSON.stringify(report, undefined, 2)}\n`);
  display.say(["", ...reportLines(report, paint), ""].join("\n"));
  if (options.keep) {
    stage.bringServerBack(2_000);
    display.say([...playgroundLines(stage, folder, paint), ""].join("\n"));
    await director.linger(interrupted);
  }
  return report.adapted ? 0 : 1;
}

/** A message with its causes; the stack of a demo helps nobody. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}\n  because: ${describe(error.cause)}`;
}

process.exitCode = await main(process.argv.slice(2));
