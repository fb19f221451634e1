// Writes the reference pages that are generated from code; `--check` only compares and fails on a difference.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const checkOnly = process.argv.includes("--check");

const { renderApiReference } = await import("../dist/src/api/reference.js");
const { renderMetricsReference } = await import("../dist/src/telemetry/reference.js");
const { renderAlgorithmReference, renderConfigReference, renderErrorReference } = await import(
  "../dist/src/app/reference.js"
);
const { renderXdsConformance } = await import("../dist/src/xds/reference.js");
const { renderCliReference } = await import("../dist/src/cli/reference.js");

const pages = [
  ["docs/api.md", renderApiReference],
  ["docs/metrics.md", renderMetricsReference],
  ["docs/errors.md", renderErrorReference],
  ["docs/config.md", renderConfigReference],
  ["docs/algorithms.md", () => renderAlgorithmReference(measured("bench/results/select.json"))],
  ["docs/cli.md", renderCliReference],
  ["docs/xds-conformance.md", renderXdsConformance],
  ["docs/embedding.md", embedding],
  ["docs/architecture.md", architecture],
];

const stale = [];
for (const [path, render] of pages) {
  const text = `${(await render()).trimEnd()}\n`;
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
  if (checkOnly) stale.push(path);
  else {
    writeFileSync(path, text);
    console.log("wrote", path);
  }
}
if (stale.length > 0) {
  console.log(`${stale.join(", ")}: not what the code says; run \`npm run docs\``);
  process.exit(1);
}

/** What a bench has left behind; undefined when it was never run. */
function measured(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}

/** The written page, with the example that a test compiles and runs between its markers. */
function embedding() {
  const page = readFileSync("docs/embedding.md", "utf8");
  const source = readFileSync("test/integration/xds/embedding/control-plane.ts", "utf8").trim();
  const marker = "<!-- example:begin (npm run docs; a test runs it) -->";
  const block = `${marker}\n\`\`\`ts\n${source}\n\`\`\`\n<!-- example:end -->`;
  return page.replace(/<!-- example:begin[\s\S]*example:end -->/, () => block);
}

/** The written page, with the import graph of today between its markers. */
function architecture() {
  const page = readFileSync("docs/architecture.md", "utf8");
  const graph = execFileSync(
    "node_modules/.bin/depcruise",
    [
      "--config",
      "tools/depcruise.cjs",
      "--output-type",
      "mermaid",
      "--collapse",
      "^src/[^/]+",
      "--include-only",
      "^src/",
      "src",
    ],
    { encoding: "utf8" },
  );
  const block = `<!-- graph:begin (npm run docs) -->\n\`\`\`mermaid\n${graph.trim()}\n\`\`\`\n<!-- graph:end -->`;
  return page.replace(/<!-- graph:begin[\s\S]*graph:end -->/, block);
}
