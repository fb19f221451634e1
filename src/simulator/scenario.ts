// What a scenario is: a name, a question, defaults, and how its parameters become a plan.
import type { HostSpec, SimulationPlan, TelemetrySpec, Window } from "./simulation-plan.js";

export interface ScenarioParameters {
  /** Number of hosts at full strength. */
  readonly hosts: number;
  readonly proxies: number;
  /** Offered load over the capacity of the hosts present at the start. */
  readonly load: number;
  /** Length of the measured window, seconds. */
  readonly seconds: number;
  /** Before it, so that the loop has learned what there is to learn. */
  readonly warmupSeconds: number;
}

export interface Scenario {
  readonly name: string;
  /** What happens, in one line. */
  readonly title: string;
  /** What a good policy does here. */
  readonly expectation: string;
  readonly defaults: ScenarioParameters;
  plan(parameters: ScenarioParameters): SimulationPlan;
}

export const MEAN_SERVICE_MS = 20;

export const PLAIN_TELEMETRY: TelemetrySpec = {
  intervalMs: 1_000,
  delayMs: 5,
  lossProbability: 0,
  duplicateProbability: 0,
  latency: "envoy",
  liar: undefined,
};

/** The set-up of the measurements on real Envoy: nine hosts, exponential service of 20 ms, timeout 5 s, reports every second. */
export const BASE: ScenarioParameters = { hosts: 9, proxies: 4, load: 0.7, seconds: 40, warmupSeconds: 20 };

export type Variation = Partial<Omit<SimulationPlan, "hosts" | "rateRps" | "proxies" | "windows">> & {
  readonly hosts?: readonly HostSpec[];
  /** Windows after the main one. */
  readonly moreWindows?: readonly Window[];
};

/** A plan in the base set-up, except for what is given. */
export function planOf(
  parameters: ScenarioParameters,
  hosts: readonly HostSpec[],
  { moreWindows = [], ...given }: Variation = {},
): SimulationPlan {
  const { proxies, load, seconds, warmupSeconds } = parameters;
  const meanServiceMs = given.meanServiceMs ?? MEAN_SERVICE_MS;
  const fromMs = warmupSeconds * 1_000;
  const toMs = fromMs + seconds * 1_000;
  return {
    hosts,
    meanServiceMs,
    law: { kind: "exponential" },
    rateRps: (load * 1_000 * capacityOf(hosts)) / meanServiceMs,
    bursts: undefined,
    proxies,
    workers: 1,
    skew: { kind: "uniform" },
    proxyZones: Array.from({ length: proxies }, () => 0),
    crossZoneMs: 0,
    subsetSize: undefined,
    requestTimeoutMs: 5_000,
    connectTimeoutMs: 1_000,
    retries: 0,
    pushDelaysMs: Array.from({ length: proxies }, () => 3),
    telemetry: PLAIN_TELEMETRY,
    timeline: [],
    marks: [{ name: "start", atMs: 0, hosts: [], kind: "change" }],
    // Long enough for the last requests to end, or to run into their timeout.
    totalMs: toMs + 5_000,
    ...given,
    windows: [{ name: "measured", fromMs, toMs }, ...moreWindows],
  };
}

/** Slots × speed of those present. */
export function capacityOf(hosts: readonly HostSpec[]): number {
  return hosts.reduce((sum, { slots, speed, present }) => sum + (present ? slots * speed : 0), 0);
}

export function host(given: Partial<HostSpec> = {}): HostSpec {
  return { slots: 2, speed: 1, zone: 0, present: true, ...given };
}

/** Hosts of two slots each. */
export function alike(count: number): HostSpec[] {
  return Array.from({ length: count }, () => host());
}

/** A third of the hosts with one slot, a third with two, a third with four. */
export function mixedSizes(count: number): HostSpec[] {
  return Array.from({ length: count }, (_, i) => host({ slots: [1, 2, 4][Math.floor((3 * i) / count)] ?? 4 }));
}
