// One tick of the control loop for a large service, signals included: its cost, and the state behind each endpoint.
import { bindPolicy } from "../../src/balancers/registry.js";
import { ServiceController } from "../../src/control/service-controller.js";
import { DEFAULT_CONTROL_SETTINGS } from "../../src/control/settings.js";
import type { ServiceName } from "../../src/model/ids.js";
import type { CatalogueInstance } from "../../src/model/instance.js";
import type { LoadRound } from "../../src/model/load.js";
import { DEFAULT_SERVICE_POLICY } from "../../src/model/service.js";
import { seededRng } from "../../src/runtime/rng.js";
import { cpuMs, liveBytes, median } from "./cpu-time.js";
import { addressOf, loadReportBytes, SERVICE } from "./load-reports.js";
import { signalBook } from "./signals.js";

export interface TickFigures {
  readonly endpoints: number;
  readonly medianCpuMs: number;
  readonly medianWallMs: number;
  /** Live memory per endpoint: signals, what the loop has learned, what is in force, the plan with its explanations. */
  readonly heapBytesPerEndpoint: number;
  /** The part of it that signals hold: what is kept of one proxy's report, and the round made of it. */
  readonly signalBytesPerEndpoint: number;
  /** Size of what is saved of it. */
  readonly checkpointBytesPerEndpoint: number;
}

/** With the default policy and one proxy; the first rounds unmeasured. */
export function measureTick(endpoints: number, rounds: number): TickFigures {
  const rng = seededRng(2);
  const service = SERVICE as ServiceName;
  const messages = Array.from({ length: 4 }, () => loadReportBytes(endpoints, rng));
  const latest: { round?: LoadRound } = {};
  const before = liveBytes();
  const { clock, take, ids } = signalBook(endpoints, (round) => {
    latest.round = round;
  });
  const instances = ids.map((id, endpoint) => instanceOf(service, id, addressOf(endpoint)));
  const catalogueBytes = liveBytes() - before;
  for (const message of messages) {
    take("proxy", message);
    clock.advance(1_000);
  }
  const signalBytes = liveBytes() - before - catalogueBytes;
  const controller = new ServiceController(
    { service, policy: DEFAULT_SERVICE_POLICY, instances, revision: 1, declared: false },
    bindPolicy(DEFAULT_SERVICE_POLICY),
    { service, settings: DEFAULT_CONTROL_SETTINGS },
  );
  let decision = controller.onTimer(0, 0);
  const cpu: number[] = [];
  const wall: number[] = [];
  const warmUp = 10;
  for (let i = 0; i < warmUp + rounds; i++) {
    take("proxy", messages[i % messages.length] ?? new Uint8Array());
    clock.advance(1_000);
    const { round } = latest;
    if (round === undefined) throw new Error("no round");
    const startMs = performance.now();
    const cost = cpuMs(() => {
      decision = controller.onRound(round, clock.nowMs(), clock.wallMs());
    });
    if (i < warmUp) continue;
    wall.push(performance.now() - startMs);
    cpu.push(cost);
  }
  const held = liveBytes() - before - catalogueBytes;
  if (decision.plan.entries.length !== endpoints) throw new Error("an incomplete plan");
  return {
    endpoints,
    medianCpuMs: median(cpu),
    medianWallMs: median(wall),
    heapBytesPerEndpoint: held / endpoints,
    signalBytesPerEndpoint: signalBytes / endpoints,
    checkpointBytesPerEndpoint: JSON.stringify(controller.checkpoint()).length / endpoints,
  };
}

function instanceOf(service: ServiceName, id: CatalogueInstance["id"], address: string): CatalogueInstance {
  return {
    service,
    id,
    address,
    port: 8080,
    weight: 100,
    priority: 0,
    locality: { region: "", zone: "", subZone: "" },
    hostname: "",
    metadata: {},
    generation: "",
    status: "ready",
    adminState: "ready",
    ttlMs: 30_000,
    deregisterAfterMs: 600_000,
    registeredAtMs: 0,
    revision: 1,
    lease: "live",
    health: "HEALTHY",
  };
}
