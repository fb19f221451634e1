// Runs jest with what native ESM needs: `node tools/jest.mjs unit property -- test/unit/stats`.
// Words before `--` are layers (none = all but e2e), the rest goes to jest.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
export const LAYERS = ["unit", "property", "golden", "conformance", "integration", "e2e"];

/** How long jest may stay once it has reported: what a failed test left open would hold it for ever. */
const LINGER_MS = 10_000;

/**
 * Runs the layers; jest's exit status.
 * @param {string[]} layers
 * @param {string[]} extra words for jest
 * @param {string} [report] the file that jest writes when all tests are over
 */
export async function runJest(layers, extra = [], report) {
  const chosen = layers.length > 0 ? layers : LAYERS.filter((name) => name !== "e2e");
  const jest = spawn(
    process.execPath,
    [
      "--experimental-vm-modules",
      "--disable-warning=ExperimentalWarning",
      "node_modules/jest/bin/jest.js",
      "--config",
      "tools/jest.config.mjs",
      "--passWithNoTests",
      // Jest would leave a core to itself, which of two is half of the machine.
      chosen.includes("e2e") ? "--runInBand" : "--maxWorkers=100%",
      ...(report === undefined ? [] : ["--json", `--outputFile=${report}`]),
      ...extra,
      "--selectProjects", // last: it takes every word that follows
      ...chosen,
    ],
    { cwd: root, stdio: "inherit" },
  );
  let overSince;
  const watch = setInterval(() => {
    if (report === undefined || !existsSync(report)) return;
    overSince ??= performance.now();
    if (performance.now() - overSince < LINGER_MS) return;
    console.error("jest does not end: a test has left something open");
    jest.kill("SIGKILL");
  }, 1_000);
  const status = await new Promise((resolve) => {
    jest.once("error", () => resolve(1));
    jest.once("exit", (code) => resolve(code ?? 1));
  });
  clearInterval(watch);
  return status;
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
  process.exit(await runJest(layers, cut < 0 ? [] : words.slice(cut + 1)));
}
