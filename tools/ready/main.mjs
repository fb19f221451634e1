// Brings the asked steps, and what they need, up to date. Only one process per checkout works at a time.
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { withLock } from "./lock.mjs";
import { Progress } from "./progress.mjs";
import { STEPS } from "./steps.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Runs the steps named in `args`; resolves to the exit status. */
export async function main(args) {
  const quiet = args.includes("--quiet");
  const words = args.filter((word) => word !== "--quiet");
  const unknown = words.filter((word) => STEPS[word] === undefined);
  if (words.length === 0 || unknown.length > 0) {
    console.error(unknown.length > 0 ? `ready: no step ${unknown.join(", ")}` : "ready: which step?");
    console.error(`usage: node tools/ready.mjs [--quiet] step...   steps: ${Object.keys(STEPS).join(", ")}`);
    return 2;
  }
  process.chdir(root); // every path below is relative to the checkout
  const order = inOrder(words);
  const outdated = () => firstOutdated(order);
  if ((await outdated()) === undefined) return 0;

  mkdirSync(".cache/ready", { recursive: true });
  const progress = new Progress({ quiet });
  const waiting = (pid) => progress.note(`waiting for process ${pid}, which prepares this checkout`);
  return withLock(".cache/ready/lock", { onWait: waiting }, () => bringUpToDate(order, progress));
}

async function bringUpToDate(order, progress) {
  for (const name of order) {
    const step = STEPS[name];
    if (await step.isCurrent()) continue;
    progress.start(name, step.title);
    try {
      const outcome = await step.run((text) => progress.update(text));
      progress.done(outcome);
    } catch (error) {
      progress.failed();
      console.error(`ready: ${name} failed: ${error.message}`);
      return 1;
    }
  }
  return 0;
}

/** The steps with what they need, each once, needs first. */
function inOrder(names, seen = new Set()) {
  for (const name of names) {
    if (seen.has(name)) continue;
    inOrder(STEPS[name].needs, seen);
    seen.add(name);
  }
  return [...seen];
}

async function firstOutdated(order) {
  for (const name of order) if (!(await STEPS[name].isCurrent())) return name;
  return undefined;
}
