// A gRPC client in a process of its own, because gRPC reads from the environment where its control plane is:
// GRPC_XDS_BOOTSTRAP. It sends calls until it is stopped.
import { Client, credentials, Metadata, status } from "@grpc/grpc-js";
import { register } from "@grpc/grpc-js-xds";
import { seededRng } from "../../../src/runtime/rng.js";
import { OpenLoopLoad } from "../open-loop-load.js";
import type { RequestRecord } from "../request-log.js";
import type { GrpcClientMessage, GrpcClientSpec } from "./client-spec.js";
import { SAY } from "./say.js";

const REPORT_MS = 100;

const spec = JSON.parse(process.argv[2] ?? "") as GrpcClientSpec;
register();
const client = new Client(spec.target, credentials.createInsecure(), {
  ...(spec.authority !== undefined && { "grpc.default_authority": spec.authority }),
});
const rng = seededRng(spec.seed);
let records: RequestRecord[] = [];
let calls = 0;
let dueMs = OpenLoopLoad.nowMs();

process.once("disconnect", () => process.exit(0)); // the test is gone: nobody else would stop us
process.once("SIGTERM", () => process.exit(0));
setInterval(() => {
  const message: GrpcClientMessage = { records };
  process.send?.(message);
  records = [];
}, REPORT_MS);
plan();

function plan(): void {
  dueMs += (-1_000 * Math.log(1 - rng.next())) / spec.rateRps;
  setTimeout(sendDue, Math.max(0, dueMs - OpenLoopLoad.nowMs()));
}

function sendDue(): void {
  call(dueMs);
  plan();
}

function call(due: number): void {
  const metadata = new Metadata();
  let target = spec.service;
  if (spec.keys !== undefined) {
    target = `key-${calls % spec.keys.count}`;
    metadata.set(spec.keys.header, target);
  }
  calls += 1;
  const { path, requestSerialize, responseDeserialize } = SAY;
  const deadline = new Date(Date.now() + spec.timeoutMs);
  client.makeUnaryRequest(
    path,
    requestSerialize,
    responseDeserialize,
    "who?",
    metadata,
    { deadline },
    (error, backend) => {
      const code = error?.code ?? status.OK;
      records.push({
        target,
        dueMs: due,
        latencyMs: OpenLoopLoad.nowMs() - due,
        status: code === status.OK ? 200 : 500 + code,
        backend: backend ?? "",
      });
    },
  );
}
