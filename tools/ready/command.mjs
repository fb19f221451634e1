// Runs a command with its whole output in a log file; a failure shows the part of it that tells, and where the rest is.
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";

const SHOWN_LINES = 30;

/**
 * Resolves when `command` exits with 0. `show` says which end of the log explains a failure: compilers put the first
 * cause first, package managers last.
 */
export function run(command, args, { log, show = "last" }) {
  const file = openSync(log, "w");
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", file, file] });
    const fail = (why) => {
      const called = [command, ...args].join(" ");
      reject(new Error(`\`${called}\` ${why}${excerpt(log, show)}\nWhole log: ${log}`));
    };
    child.once("error", (error) => fail(error.code === "ENOENT" ? "was not found on PATH" : error.message));
    child.once("exit", (code, signal) => {
      closeSync(file);
      if (code === 0) resolve();
      else fail(signal === null ? `exited with ${code}` : `was ended by ${signal}`);
    });
  });
}

function excerpt(log, show) {
  const lines = readFileSync(log, "utf8").trimEnd().split("\n");
  if (lines.length === 1 && lines[0] === "") return "";
  const part = show === "first" ? lines.slice(0, SHOWN_LINES) : lines.slice(-SHOWN_LINES);
  const more = lines.length - part.length;
  return `:\n${part.map((line) => `  ${line}`).join("\n")}${more > 0 ? `\n  (${more} more lines)` : ""}`;
}
