// What can be checked without running the product. Each is one command; all run even when one fails, so that one run
// shows everything there is to mend.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (name) => `node_modules/.bin/${name}`;

const CHECKS = [
  { name: "generated code and build", command: [process.execPath, "tools/ready.mjs", "--quiet", "build"] },
  { name: "types", command: [bin("tsc"), "-p", "tsconfig.json"] },
  { name: "lint", command: [bin("oxlint"), "--type-aware", "--quiet"] },
  { name: "format", command: [bin("biome"), "check", "src", "envoy", "bench", "test", "tools"] },
  { name: "import rules", command: [bin("depcruise"), "--config", "tools/depcruise.cjs", "src", "envoy", "bench"] },
  { name: "dead code", command: [bin("knip"), "-c", "tools/knip.json"] },
  { name: "protos", command: [bin("buf"), "lint", "proto"] },
  { name: "documents", command: [process.execPath, "tools/docs.mjs", "--check"] },
  { name: "repository rules", command: [process.execPath, "tools/repository-rules.mjs"] },
];

/** @returns how many checks passed and failed */
export function runStaticChecks() {
  const result = { passed: 0, failed: 0 };
  for (const { name, command } of CHECKS) {
    const [file, ...args] = command;
    const start = performance.now();
    const { status, stdout, stderr, error } = spawnSync(file, args, { cwd: root, encoding: "utf8" });
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    const ok = status === 0;
    result[ok ? "passed" : "failed"] += 1;
    console.log(`${ok ? "ok  " : "FAIL"}  ${name.padEnd(26)} ${seconds.padStart(5)} s`);
    if (!ok) console.log([stdout, stderr, error?.message].filter(Boolean).join("\n").trim());
  }
  return result;
}
