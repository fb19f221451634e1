// Brings the checkout up to date before a command that needs it, in a process of its own: the command itself must not
// import anything that may not be installed yet.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Ends this process when a step fails. @param {readonly string[]} steps of tools/ready.mjs */
export function ensureReady(steps) {
  const { status } = spawnSync(process.execPath, ["tools/ready.mjs", ...steps], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
