// One run: fresh processes, all contenders of a batch at the same time in the same Envoys, the scenario from its first to
// its last second, and everything stopped again.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "../../envoy/lab/ask.js";
import { Cleanup } from "../../envoy/lab/cleanup.js";
import { ControlServer } from "../../envoy/lab/control-server.js";
import { LoadReportTap } from "../../envoy/lab/load-report-tap.js";
import { freePorts } from "../../envoy/lab/ports.js";
import { until } from "../../envoy/lab/until.js";
import { launchEnvoy, type RunningEnvoy } from "../../envoy/launch-envoy.js";
import { seededRng } from "../../src/runtime/rng.js";
import { arrivalsOf } from "./arrivals-of.js";
import { FleetClient } from "./backends/fleet-client.js";
import type { Contender } from "./contenders.js";
import { GeneratorClient } from "./load/generator-client.js";
import { machineNowMs } from "./machine-time.js";
import { CpuAccount, MAX_OTHERS_FRACTION, MAX_USED_FRACTION } from "./measures/cpu-account.js";
import { measureRun } from "./measures/measure-run.js";
import type { RunResult } from "./measures/result.js";
import { Membership } from "./membership.js";
import { withContenders } from "./proxies/contender-config.js";
import { reportFaultOf } from "./report-fault.js";
import { Revisions } from "./revisions.js";
import type { Action, Scenario } from "./scenario.js";
import { SERVICE_MEAN_MS } from "./scenarios.js";

export interface RunOptions {
  readonly scenario: Scenario;
  readonly contenders: readonly Contender[];
  /** Number of Envoys, one worker each. */
  readonly proxies: number;
  readonly repetition: number;
  readonly seed: number;
  readonly envoyBinary: string;
  readonly cpus: number;
  /** New; holds configuration, logs and records. */
  readonly folder: string;
  /** Stops everything and rejects. */
  readonly signal: AbortSignal;
}

const ROUTE_TIMEOUT_MS = 5_000;
const DRAIN_MS = ROUTE_TIMEOUT_MS + 500;
const ARRIVAL_STEP_MS = 250;
/** Between "all is ready" and the first request. */
const LEAD_MS = 300;
/** Mean latency over mean service time that the oracle's weights expect; measured: 1.2 to 1.5, and the optimum is flat. */
const EXPECTED_QUEUEING = 1.3;
/** A generator that is later than this on average hides what it should show. */
const MAX_MEAN_LAG_MS = 2;
/** A pause of the machine of this length is in the p99 of whoever had requests in flight. */
const MAX_LAG_MS = 100;

/** @throws GeneratorLate when the machine was too busy, Error when a process ends early, the reason of `signal` */
export async function run(options: RunOptions): Promise<RunResult> {
  const cleanup = new Cleanup();
  const ending = new AbortController();
  const end = (reason: unknown): void => ending.abort(reason);
  const onAbort = (): void => end(options.signal.reason);
  options.signal.addEventListener("abort", onAbort, { once: true });
  const broken = new Promise<never>((_, reject) => {
    ending.signal.addEventListener("abort", () => reject(ending.signal.reason), { once: true });
  });
  broken.catch(() => undefined); // heard through the race, or no longer of interest
  try {
    return await Promise.race([perform(options, cleanup, ending.signal, end), broken]);
  } finally {
    options.signal.removeEventListener("abort", onAbort);
    await cleanup.run();
    end(new Error("the run is over"));
  }
}

async function perform(
  options: RunOptions,
  cleanup: Cleanup,
  ending: AbortSignal,
  fail: (error: Error) => void,
): Promise<RunResult> {
  const { scenario, contenders, proxies, repetition, seed, folder, cpus } = options;
  mkdirSync(folder, { recursive: true });
  const endpointsFile = (contender: string): string => join(folder, `${contender}.endpoints.json`);

  const fleetSpec = {
    contenders: contenders.map((one) => ({ name: one.name, orca: one.kind === "static" && one.orca === true })),
    slots: scenario.slots,
    serviceMeanMs: SERVICE_MEAN_MS,
    seed,
    arrivalStepMs: ARRIVAL_STEP_MS,
  };
  const fleet = await FleetClient.start(fleetSpec, join(folder, "backends.log"));
  cleanup.own("the backends", fleet.child).onUnexpectedEnd(fail);

  for (const host of scenario.absent) await fleet.tell({ kind: "close", host });

  // The server's own gateway listener is one port for all Envoys; nobody uses it here.
  const [gatewayPort, ...listenerPorts] = (await freePorts(1 + proxies)) as [number, ...number[]];
  const server = await ControlServer.start({ folder, listenerPort: gatewayPort, config: { log: { level: "warn" } } });
  cleanup.own("the control server", server).onUnexpectedEnd(fail);
  for (const contender of contenders) {
    if (contender.kind !== "steelyard") continue;
    const body = { algorithm: contender.algorithm, timeouts: { requestMs: ROUTE_TIMEOUT_MS } };
    await server.api.send("PUT", `/v1/services/${contender.name}`, body);
  }
  const membership = new Membership({
    contenders,
    ports: fleet.ports,
    slots: scenario.slots,
    absent: scenario.absent,
    apiUrl: server.api.url,
    endpointsFile,
    inFlightPerWorker: (scenario.rateRps * EXPECTED_QUEUEING * SERVICE_MEAN_MS) / 1000 / proxies,
  });
  cleanup.own("the membership", membership);
  await membership.begin();

  const tap = await tapFor(options, fleet, server.xdsAddress);
  if (tap !== undefined) cleanup.own("the tap", tap);
  const envoys: RunningEnvoy[] = [];
  for (const [i, listenerPort] of listenerPorts.entries()) {
    const bootstrap = await server.bootstrap({ nodeId: nodeId(i), cluster: "bench", adminPort: 0 });
    const envoy = await launchEnvoy({
      binary: options.envoyBinary,
      bootstrap: withContenders(bootstrap, {
        contenders,
        listenerPort,
        routeTimeoutMs: ROUTE_TIMEOUT_MS,
        endpointsFile,
        ...(tap === undefined ? {} : { loadReportPort: tap.port }),
      }),
      folder: join(folder, nodeId(i)),
    });
    cleanup.own(nodeId(i), envoy.child).onUnexpectedEnd(fail);
    envoys.push(envoy);
  }
  for (const port of listenerPorts) for (const { name } of contenders) await untilServing(port, name);

  const generator = await GeneratorClient.start(
    {
      streams: contenders.map(({ name }, i) => ({
        host: name,
        segments: arrivalsOf(scenario, i, contenders.length),
      })),
      ports: listenerPorts,
      seed,
      lengthMs: scenario.lengthS * 1000,
      drainMs: DRAIN_MS,
      recordsFile: join(folder, "records.bin"),
    },
    join(folder, "generator.log"),
  );
  cleanup.own("the load generator", generator.child).onUnexpectedEnd(fail);

  const pidsOf = (...children: readonly { readonly pid: number | undefined }[]): readonly number[] =>
    children.flatMap(({ pid }) => pid ?? []);
  const startMs = machineNowMs() + LEAD_MS;
  await fleet.tell({ kind: "begin", startMs });
  const account = new CpuAccount(
    new Map([
      [proxies === 1 ? "Envoy" : `${proxies} Envoys`, pidsOf(...envoys.map(({ child }) => child))],
      ["generator", pidsOf(generator.child)],
      ["backends", pidsOf(fleet.child)],
      ["control server", pidsOf(server.child)],
      ["director", pidsOf(process)],
    ]),
  );
  const services = contenders.filter(({ kind }) => kind === "steelyard").map(({ name }) => name);
  const revisions = new Revisions(server.api, services);
  const loaded = generator.run(startMs);
  loaded.catch(fail); // it is awaited only after the play
  await play({ scenario, startMs, revisions, ending, perform: (action) => act(action, fleet, membership) });
  const { records, lag } = await loaded;
  const cpu = account.report(machineNowMs() - startMs, records.length, cpus);

  const results = measureRun({
    scenario,
    contenders: contenders.map(({ name }) => name),
    records,
    arrivals: await fleet.arrivals(),
    arrivalStepMs: ARRIVAL_STEP_MS,
    revisionAt: (contender, atS) => revisions.at(contender, atS),
  });
  const warnings = [
    ...(cpu.usedFraction > MAX_USED_FRACTION ? [`the bench itself used ${percent(cpu.usedFraction)} of the CPUs`] : []),
    ...(cpu.othersFraction > MAX_OTHERS_FRACTION ? [`others used ${percent(cpu.othersFraction)} of the CPUs`] : []),
    ...(lag.meanMs > MAX_MEAN_LAG_MS ? [`requests went out ${lag.meanMs.toFixed(1)} ms late on average`] : []),
    ...(lag.maxMs > MAX_LAG_MS ? [`the machine stood still for ${lag.maxMs.toFixed(0)} ms`] : []),
  ];
  const { name, rateRps } = scenario;
  return {
    scenario: name,
    proxies,
    repetition,
    rateRps,
    slots: scenario.slots,
    contenders: results,
    cpu,
    generatorLag: lag,
    warnings,
  };
}

interface PlayOptions {
  readonly scenario: Scenario;
  readonly startMs: number;
  readonly revisions: Revisions;
  readonly ending: AbortSignal;
  readonly perform: (action: Action) => Promise<void>;
}

/** Everything that is planned, at its time. */
async function play({ scenario, startMs, revisions, ending, perform: doIt }: PlayOptions): Promise<void> {
  const looks = new Set(scenario.windows.flatMap(({ fromS, toS }) => [fromS, toS]));
  const agenda = [
    ...[...looks].map((atS) => ({ atS, task: () => revisions.look(atS) })),
    ...scenario.steps.map(({ atS, action }) => ({ atS, task: () => doIt(action) })),
  ].sort((a, b) => a.atS - b.atS);
  const underWay: Promise<void>[] = [];
  for (const { atS, task } of agenda) {
    await sleep(Math.max(0, startMs + atS * 1000 - machineNowMs()), undefined, { signal: ending });
    const done = task(); // not awaited here: a slow answer must not delay what comes next
    done.catch(() => undefined);
    underWay.push(done);
  }
  await Promise.all(underWay);
}

async function act(action: Action, fleet: FleetClient, membership: Membership): Promise<void> {
  switch (action.kind) {
    case "inject":
    case "heal":
      return fleet.tell(action);
    case "tell-oracle":
      return membership.tellOracle(action.host, action.capacity);
    case "drain":
      return membership.drain(action.host);
    case "leave":
      await membership.leave(action.host);
      return fleet.tell({ kind: "close", host: action.host });
    case "join":
      await fleet.tell({ kind: "open", host: action.host });
      return membership.join(action.host);
  }
}

async function tapFor(options: RunOptions, fleet: FleetClient, upstream: string): Promise<LoadReportTap | undefined> {
  const { reportFault } = options.scenario;
  if (reportFault === undefined) return undefined;
  const onReport = reportFaultOf(reportFault, {
    rng: seededRng(options.seed),
    liar: nodeId(0),
    portsOf: (host) => new Set(fleet.ports.flatMap((ports) => ports[host] ?? [])),
  });
  return LoadReportTap.start({ upstream, onReport });
}

async function untilServing(port: number, contender: string): Promise<void> {
  const look = async (): Promise<true> => {
    const { status } = await ask({ port, host: contender, timeoutMs: 2_000 });
    if (status !== 200) throw new Error(`status ${status}`);
    return true;
  };
  await until(look, { what: `a request to ${contender} through Envoy is answered`, deadlineMs: 15_000 });
}

function nodeId(index: number): string {
  return `edge-${index + 1}`;
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(0)} %`;
}
