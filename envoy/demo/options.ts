// The demo's command line.
import { parseArgs } from "node:util";
import { SCENE_NAMES, type SceneName } from "./scene.js";

export interface DemoOptions {
  readonly scenes: readonly SceneName[];
  /** Seconds of all chosen scenes together; undefined = each at its own length. */
  readonly seconds: number | undefined;
  readonly jsonFile: string | undefined;
  readonly keep: boolean;
  readonly seed: number;
}

export const USAGE = `usage: npm run demo -- [options]
  --scenes a,b   only these, in their order: ${SCENE_NAMES.join(", ")}
  --seconds N    length of all chosen scenes together, 5 to 3600 (default: about 90 for all of them)
  --json FILE    write the summary as JSON too
  --keep         stay up afterwards, for playing with curl
  --seed N       of arrivals and service times (default 1)`;

/** @throws Error that says which option is wrong */
export function parseOptions(args: readonly string[]): DemoOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenes: { type: "string" },
      seconds: { type: "string" },
      json: { type: "string" },
      keep: { type: "boolean", default: false },
      seed: { type: "string", default: "1" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  return {
    scenes: values.scenes === undefined ? SCENE_NAMES : parseScenes(values.scenes),
    seconds: values.seconds === undefined ? undefined : parseNumber("--seconds", values.seconds, 5, 3_600),
    jsonFile: values.json,
    keep: values.keep,
    seed: parseNumber("--seed", values.seed, 0, 2 ** 31 - 1),
  };
}

function parseScenes(text: string): readonly SceneName[] {
  const asked = text.split(",").map((word) => word.trim());
  const unknown = asked.filter((word) => !SCENE_NAMES.some((name) => name === word));
  if (unknown.length > 0) throw new Error(`--scenes: no ${unknown.join(", ")}; there are: ${SCENE_NAMES.join(", ")}`);
  return SCENE_NAMES.filter((name) => asked.includes(name));
}

function parseNumber(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${flag} must be a whole number from ${least} to ${most}, not ${JSON.stringify(text)}`);
}
