// The process that sends the load: apart from the others, so that nothing they compute makes it late.
import { seededRng } from "../../src/runtime/rng.js";
import { OpenLoopLoad } from "../lab/open-loop-load.js";
import type { RequestRecord } from "../lab/request-log.js";
import type { GeneratorMessage, GeneratorSpec } from "./generator-client.js";

const REPORT_MS = 250;

const spec = JSON.parse(process.argv[2] ?? "") as GeneratorSpec;
let batch: RequestRecord[] = [];
const load = new OpenLoopLoad({
  targets: spec.targets,
  rateRps: spec.rateRps,
  rng: seededRng(spec.seed),
  onRecord: (record) => batch.push(record),
});

const send = (message: GeneratorMessage): void => void process.send?.(message);
const report = (): void => {
  send({ kind: "records", records: batch });
  batch = [];
};
const timer = setInterval(report, REPORT_MS);

process.once("disconnect", () => process.exit(0)); // the demo is gone: nobody else would stop us
process.once("SIGTERM", () => process.exit(0));
process.once("message", () => void finish());
load.start();

async function finish(): Promise<void> {
  await load.stop(spec.drainMs);
  clearInterval(timer);
  report();
  send({ kind: "done" });
}
