// Where the checkout is, whether this code runs from envoy/ (tests) or from dist/envoy/ (after a build).
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the folder that holds package.json. */
export const REPOSITORY = rootAbove(dirname(fileURLToPath(import.meta.url)));

/** The built command line, as `node CLI_ENTRY serve ...`. */
export const CLI_ENTRY = join(REPOSITORY, "dist", "src", "cli", "main.js");

function rootAbove(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error("no package.json above this file");
  return rootAbove(parent);
}
