// Runs jest with what native ESM needs: `node tools/jest.mjs unit property -- test/unit/stats`.
// Words before `--` are layers (none = all but e2e), the rest goes to jest.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
export const LAYERS = ["unit", "property", "golden", "conformance", "integration", "e2e"];

/** Runs the layers and returns jest's exit status. */
export function runJest(layers, extra = []) {
  const chosen = layers.length > 0 ? layers : LAYERS.filter((name) => name !== "e2e");
  const result = spawnSync(
    process.execPath,
    [
      "--experimental-vm-modules",
      "--disable-warning=ExperimentalWarning",
      "node_modules/jest/bin/jest.js",
      "--config",
      "tools/jest.config.mjs",
      "--passWithNoTests",
      ...(chosen.includes("e2e") ? ["--runInBand"] : []),
      ...extra,
      "--selectProjects", // last: it takes every word that follows
      ...chosen,
    ],
    { cwd: root, stdio: "inherit" },
  );
  return result.status ?? 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const words = process.argv.slice(2);
  const cut = words.indexOf("--");
  const layers = cut < 0 ? words : words.slice(0, cut);
  const unknown = layers.filter((name) => !LAYERS.includes(name));
  if (unknown.length > 0) {
    console.error(`no test layer ${unknown.join(", ")}; there are: ${LAYERS.join(", ")}`);
    process.exit(2);
  }
  process.exit(runJest(layers, cut < 0 ? [] : words.slice(cut + 1)));
}
