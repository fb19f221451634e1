// Rules about the repository as a whole that no linter knows: file sizes, forbidden names, machine paths, hosts.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

const MAX_LINES = 450;
const VAGUE_NAMES = /^(utils?|helpers?|common|manager|misc|stuff)(\.|-|$)/;
const MACHINE_PATH = /(^|[^A-Za-z0-9.~])\/(home|root|work|Users|farm)\/[A-Za-z0-9._-]+/;

const problems = [];
const tracked = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { encoding: "utf8" })
  .split("\n")
  .filter(Boolean);
for (const file of tracked) {
  const parts = file.split("/");
  if (parts.some((part) => VAGUE_NAMES.test(part))) problems.push(`${file}: name it after its concept`);
  if (!/\.(ts|tsx|mjs|cjs|js|json|ya?ml|md|proto)$/.test(file) && basename(file) !== "run") continue;
  let text;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    continue; // deleted in the work tree
  }
  const lines = text.split("\n");
  if (/^src\/.*\.tsx?$/.test(file) && lines.length > MAX_LINES)
    problems.push(`${file}: ${lines.length} lines; which concept is a file of its own?`);
  if (file === "tools/repository-rules.mjs") continue;
  lines.forEach((line, i) => {
    if (MACHINE_PATH.test(line)) problems.push(`${file}:${i + 1}: a path of one machine`);
  });
  if (basename(file) === "package-lock.json" && text.includes('"resolved"'))
    problems.push(`${file}: names registry hosts; install with omit-lockfile-registry-resolved`);
}

for (const problem of problems) console.log(problem);
process.exit(problems.length === 0 ? 0 : 1);
