// S7: hosts that come and go, cold at first.
import { alike, BASE, host, planOf, type Scenario } from "../scenario.js";
import type { TimelineEvent } from "../simulation-plan.js";
import { range } from "./range.js";

const COLD_FACTOR = 5;

/** Joins at `atMs`, 5 times slower, and warms up over `warmMs`, in steps of a second. */
function joinsCold(hosts: readonly number[], atMs: number, warmMs: number): TimelineEvent[] {
  const steps = Math.round(warmMs / 1_000);
  return [
    { atMs, kind: "hosts", hosts, change: { kind: "slow", factor: COLD_FACTOR } },
    { atMs, kind: "hosts", hosts, change: { kind: "member", state: "ready" } },
    ...range(steps).map((step): TimelineEvent => {
      const left = 1 - (step + 1) / steps;
      return {
        atMs: atMs + (step + 1) * 1_000,
        kind: "hosts",
        hosts,
        change: { kind: "slow", factor: 1 + (COLD_FACTOR - 1) * left },
      };
    }),
  ];
}

/** Drains at `atMs` and is gone 5 s later. */
function leaves(hosts: readonly number[], atMs: number): TimelineEvent[] {
  return [
    { atMs, kind: "hosts", hosts, change: { kind: "member", state: "draining" } },
    { atMs: atMs + 5_000, kind: "hosts", hosts, change: { kind: "member", state: "absent" } },
  ];
}

export const coldStart: Scenario = {
  name: "S7",
  title: "a new host joins, 5 times slower at first, warm after 60 s",
  expectation: "its share follows its warmth; p99 hardly moves",
  defaults: { ...BASE, seconds: 90 },
  plan: (parameters) => {
    const { hosts, warmupSeconds } = parameters;
    const joinMs = (warmupSeconds + 5) * 1_000;
    return planOf(parameters, [...alike(hosts), host({ present: false })], {
      timeline: joinsCold([hosts], joinMs, 60_000),
      marks: [{ name: "join", atMs: joinMs, hosts: [hosts], kind: "change" }],
    });
  },
};

export const scaling: Scenario = {
  name: "S7b",
  title: "as many hosts again join, cold for 20 s, and leave; the traffic doubles and halves",
  expectation: "no overload of the newcomers, nothing lost on the way back",
  defaults: { ...BASE, seconds: 150 },
  plan: (parameters) => {
    const { hosts, warmupSeconds, seconds } = parameters;
    const newcomers = range(hosts).map((i) => hosts + i);
    const joinMs = (warmupSeconds + 10) * 1_000;
    const leaveMs = (warmupSeconds + seconds * 0.6) * 1_000;
    return planOf(parameters, [...alike(hosts), ...newcomers.map(() => host({ present: false }))], {
      timeline: [
        ...joinsCold(newcomers, joinMs, 20_000),
        // The load follows once they are warm, and goes before they do.
        { atMs: joinMs + 20_000, kind: "load", factor: 2 },
        { atMs: leaveMs, kind: "load", factor: 1 },
        ...leaves(newcomers, leaveMs + 5_000),
      ],
      marks: [
        { name: "join", atMs: joinMs, hosts: [], kind: "change" },
        { name: "leave", atMs: leaveMs, hosts: [], kind: "change" },
      ],
    });
  },
};

export const rollingRestart: Scenario = {
  name: "S7c",
  title: "one host after the other drains, restarts and comes back cold for 10 s",
  expectation: "no errors; p99 near LEAST_REQUEST's",
  defaults: { ...BASE, load: 0.6, seconds: 180 },
  plan: (parameters) => {
    const { hosts, warmupSeconds, seconds } = parameters;
    const everyMs = (seconds * 1_000) / hosts;
    const timeline = range(hosts).flatMap((index) => {
      const drainMs = warmupSeconds * 1_000 + index * everyMs;
      return [...leaves([index], drainMs), ...joinsCold([index], drainMs + 8_000, 10_000)];
    });
    return planOf(parameters, alike(hosts), { timeline, marks: [] });
  },
};
