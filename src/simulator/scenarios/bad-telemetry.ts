// S13: reports that are lost, late, wrong or doubled, and a control plane that goes away. The weights have to hold.
import { BASE, mixedSizes, PLAIN_TELEMETRY, planOf, type Scenario, type Variation } from "../scenario.js";
import type { TelemetrySpec } from "../simulation-plan.js";

const DEFAULTS = { ...BASE, seconds: 60, warmupSeconds: 25 };

function badTelemetry(name: string, title: string, telemetry: Partial<TelemetrySpec>): Scenario {
  return {
    name,
    title: `${title}; capacities 1x, 2x and 4x`,
    expectation: "p99 within 10 % of S2's",
    defaults: DEFAULTS,
    plan: (parameters) =>
      planOf(parameters, mixedSizes(parameters.hosts), { telemetry: { ...PLAIN_TELEMETRY, ...telemetry } }),
  };
}

const controlPlaneAway: Scenario = {
  name: "S13e",
  title: "no control plane for a minute, then a new process; capacities 1x, 2x and 4x",
  expectation: "nothing happens: weights hold, and the new process goes on from the old one's",
  defaults: DEFAULTS,
  plan: (parameters) => {
    const fromMs = parameters.warmupSeconds * 1_000;
    const toMs = fromMs + parameters.seconds * 1_000;
    return planOf(parameters, mixedSizes(parameters.hosts), {
      timeline: [
        { atMs: fromMs, kind: "control-plane", state: "down" },
        { atMs: toMs, kind: "control-plane", state: "up" },
      ],
      moreWindows: [{ name: "restarted", fromMs: toMs, toMs: toMs + 30_000 }],
      totalMs: toMs + 35_000,
    } satisfies Variation);
  },
};

export const badTelemetries: readonly Scenario[] = [
  badTelemetry("S13", "30 % of the reports are lost", { lossProbability: 0.3 }),
  badTelemetry("S13b", "reports arrive 5 s late", { delayMs: 5_000 }),
  badTelemetry("S13c", "one proxy reports one host 10 times slower and half of its answers as errors", {
    liar: { proxy: 0, hosts: [8], latencyFactor: 10, errorFraction: 0.5 },
  }),
  badTelemetry("S13d", "30 % of the reports arrive twice", { duplicateProbability: 0.3 }),
  controlPlaneAway,
  badTelemetry("S13f", "reports without latency, so that Little's law is all there is", { latency: "counters" }),
];
