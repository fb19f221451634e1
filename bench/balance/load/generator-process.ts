// The process that sends the load of all contenders. It keeps its records to itself until the end.
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRng } from "../../../src/runtime/rng.js";
import { machineNowMs } from "../machine-time.js";
import { ConnectionPool } from "./connection-pool.js";
import type { GeneratorMessage, GeneratorSpec, GeneratorStart } from "./generator-messages.js";
import { LeanLoad } from "./lean-load.js";
import { RequestRecords } from "./request-records.js";

const spec = JSON.parse(process.argv[2] ?? "") as GeneratorSpec;
const records = new RequestRecords();
const pools = spec.ports.map((port) => new ConnectionPool(port, () => load.wake()));
const load: LeanLoad = new LeanLoad({
  streams: spec.streams.map(({ host, segments }, stream) => ({
    request: `GET / HTTP/1.1\r\nhost: ${host}\r\n\r\n`,
    segments,
    rng: seededRng(spec.seed * 1_000 + stream),
  })),
  pools,
  records,
  nowMs: machineNowMs,
  onTooLate: (lagMs) => send({ kind: "late", lagMs }),
});

process.once("disconnect", () => process.exit(0)); // the bench is gone: nobody else would stop us
process.once("SIGTERM", () => process.exit(0));
process.once("message", (message) => void run(message as GeneratorStart));
send({ kind: "ready" });

async function run({ startMs }: GeneratorStart): Promise<void> {
  await sleep(Math.max(0, startMs - machineNowMs() - 1));
  load.begin(startMs, spec.lengthMs);
  await sleep(startMs + spec.lengthMs - machineNowMs());
  const deadlineMs = machineNowMs() + spec.drainMs;
  while (load.inFlight > 0 && machineNowMs() < deadlineMs) await sleep(20);
  load.giveUp();
  for (const pool of pools) pool.close();
  writeFileSync(spec.recordsFile, records.toBytes());
  send({ kind: "done", lag: load.lag });
}

function send(message: GeneratorMessage): void {
  process.send?.(message);
}
