// The process of all backends of all contenders: one event loop, one timer, one heap of service times.
import { seededRng } from "../../../src/runtime/rng.js";
import { Alarm } from "../alarm.js";
import { DeadlineHeap } from "../deadline-heap.js";
import { machineNowMs } from "../machine-time.js";
import type { FleetCommand, FleetMessage, FleetRequest, FleetSpec } from "./fleet-messages.js";
import { type Job, LeanBackend } from "./lean-backend.js";
import { OrcaLoad } from "./orca-load.js";

/** Memory of the load reports, as in the services that gRFC A58 was made for. */
const ORCA_TAU_MS = 1_000;

const spec = JSON.parse(process.argv[2] ?? "") as FleetSpec;
const jobs = new DeadlineHeap<Job>();
const alarm = new Alarm(finishDue);

const fleets = spec.contenders.map(({ orca }, contender) =>
  spec.slots.map(
    (slots, index) =>
      new LeanBackend({
        index,
        slots,
        serviceMeanMs: spec.serviceMeanMs,
        rng: seededRng(spec.seed * 10_000 + contender * 100 + index),
        nowMs: machineNowMs,
        jobs,
        onWake: finishDue,
        arrivalStepMs: spec.arrivalStepMs,
        ...(orca ? { orca: new OrcaLoad({ slots, tauMs: ORCA_TAU_MS, nowMs: machineNowMs() }) } : {}),
      }),
  ),
);

process.once("disconnect", () => process.exit(0)); // the bench is gone: nobody else would stop us
process.once("SIGTERM", () => process.exit(0));
process.on("message", (message) => void answer(message as FleetRequest));

await Promise.all(fleets.flat().map((backend) => backend.open()));
send({ kind: "ready", ports: fleets.map((fleet) => fleet.map(({ port }) => port)) });

function finishDue(): void {
  const nowMs = machineNowMs();
  for (let job = jobs.popDue(nowMs); job !== undefined; job = jobs.popDue(nowMs)) job.backend.finish(job);
  if (jobs.size > 0) alarm.arm(jobs.peekMs, nowMs);
}

async function answer({ id, command }: FleetRequest): Promise<void> {
  try {
    await obey(command);
    if (command.kind === "report") {
      send({ kind: "done", id, arrivals: fleets.map((fleet) => fleet.map(({ arrivals }) => arrivals.counts)) });
    } else send({ kind: "done", id });
  } catch (error) {
    send({ kind: "failed", id, reason: error instanceof Error ? error.message : String(error) });
  }
}

async function obey(command: FleetCommand): Promise<void> {
  const alike = "host" in command ? fleets.flatMap((fleet) => fleet[command.host] ?? []) : fleets.flat();
  switch (command.kind) {
    case "begin":
      for (const { arrivals } of alike) arrivals.begin(command.startMs);
      break;
    case "inject":
      for (const backend of alike) backend.inject(command.fault);
      break;
    case "heal":
      for (const backend of alike) backend.heal();
      break;
    case "open":
      await Promise.all(alike.map((backend) => backend.open()));
      break;
    case "close":
      await Promise.all(alike.map((backend) => backend.close()));
      break;
    case "report":
      break;
  }
}

function send(message: FleetMessage): void {
  process.send?.(message);
}
