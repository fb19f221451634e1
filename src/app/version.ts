// The version of this package, read once from its package.json.
import { readFileSync } from "node:fs";
import { z } from "zod";

/** Works from sources and from dist, which nest differently: the nearest package.json upwards is ours. */
export function packageVersion(): string {
  for (let folder = new URL(".", import.meta.url); folder.pathname !== "/"; folder = new URL("..", folder)) {
    try {
      return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(new URL("package.json", folder), "utf8")))
        .version;
    } catch {
      continue;
    }
  }
  return "unknown";
}
