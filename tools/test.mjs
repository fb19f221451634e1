// `npm test`: the static checks and every test layer, the last ones against a real Envoy. Ends with one plain line of counts.
// `npm test -- --layers unit,golden` runs only these layers; what follows `--` after that goes to jest.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureReady } from "./ensure-ready.mjs";
import { LAYERS, runJest } from "./jest.mjs";
import { runStaticChecks } from "./static-checks.mjs";

const words = process.argv.slice(2);
const at = words.indexOf("--layers");
const layers = at < 0 ? LAYERS : (words[at + 1] ?? "").split(",");
const jestWords = words.filter((_, i) => at < 0 || (i !== at && i !== at + 1));
const unknown = layers.filter((layer) => !LAYERS.includes(layer));
if (unknown.length > 0) {
  console.error(`no test layer ${unknown.join(", ")}; there are: ${LAYERS.join(", ")}`);
  process.exit(2);
}

const start = performance.now();
ensureReady(layers.includes("e2e") ? ["build", "envoy"] : ["build"]);
const total = at < 0 ? runStaticChecks() : { passed: 0, failed: 0 };

const reports = mkdtempSync(join(tmpdir(), "steelyard-test-"));
// The e2e layer has the machine to itself: its tests measure, the others only compute.
for (const group of [layers.filter((layer) => layer !== "e2e"), layers.filter((layer) => layer === "e2e")]) {
  if (group.length === 0) continue;
  const report = join(reports, `${group[0]}.json`);
  const status = await runJest(group, jestWords, report);
  const counts = countsOf(report);
  total.passed += counts.passed;
  // A run that dies, or a file that does not load, has no failed test of its own.
  total.failed += counts.failed > 0 || status === 0 ? counts.failed : 1;
}
rmSync(reports, { recursive: true, force: true });

console.log(`in ${((performance.now() - start) / 1000).toFixed(0)} s`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);

function countsOf(report) {
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(report, "utf8"));
    return { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites };
  } catch {
    return { passed: 0, failed: 0 };
  }
}
