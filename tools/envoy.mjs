// `npm run envoy -- ARGS`: starts the Envoy that demo and tests use, found or fetched as they do, with these arguments.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { findEnvoy } from "../envoy/find-envoy.mjs";

try {
  const { path } = await findEnvoy({ onProgress: (text) => console.error(text) });
  const child = spawn(path, process.argv.slice(2), { stdio: "inherit" });
  // A terminal signals the whole group; whoever signals this process alone means Envoy.
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => child.kill(signal));
  child.once("error", (error) => {
    console.error(`cannot start ${path}: ${error.message}`);
    process.exitCode = 1;
  });
  child.once("exit", (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
