// The scenarios by name. S2: unequal capacities, from a cold start. S1, S3, S4 and S4b follow each other in one run, as
// faults do in life; what an earlier one left behind is part of the next. The others have a run each.
import type { BackendFault } from "./backends/lean-backend.js";
import type { Scenario, Step, Window } from "./scenario.js";

export const SERVICE_MEAN_MS = 20;

const UNEQUAL_SLOTS = [1, 1, 1, 2, 2, 2, 4, 4, 4] as const;
const EQUAL_SLOTS = [2, 2, 2, 2, 2, 2, 2, 2, 2] as const;
const HOSTS = EQUAL_SLOTS.length;

export const SCENARIO_NAMES = [
  "S1",
  "S2",
  "S3",
  "S3b",
  "S3c",
  "S4",
  "S4b",
  "S7",
  "S11",
  "S12",
  "restart",
  "lost-reports",
  "false-reports",
] as const;

export type ScenarioName = (typeof SCENARIO_NAMES)[number];

/** Seconds of each part; the quick ones are for a look, not for a statement. */
interface Lengths {
  readonly warmUpS: number;
  readonly measuredS: number;
  readonly recoveryS: number;
}

const FULL: Lengths = { warmUpS: 25, measuredS: 40, recoveryS: 25 };
const QUICK: Lengths = { warmUpS: 12, measuredS: 20, recoveryS: 16 };
/** A host that failed sometimes is probed rarely, and takes long to be believed. */
const LONG_RECOVERY_S = 65;

/** Runs that cover the named scenarios. */
export function scenariosFor(names: readonly ScenarioName[], quick: boolean): readonly Scenario[] {
  const lengths = quick ? QUICK : FULL;
  const wanted = (name: ScenarioName): boolean => names.includes(name);
  const links = LINKS.filter(({ name }) => wanted(name));
  return [
    ...(wanted("S2") ? [unequal(0.7, lengths), unequal(0.85, lengths)] : []),
    ...(links.length > 0 ? [chain(links, lengths)] : []),
    ...SINGLES.filter(([name]) => wanted(name)).map(([, make]) => make(lengths)),
  ];
}

const PLAIN = { absent: [], steps: [], proxies: [1, 4], blind: false } as const;

/** Capacity of the fleet is slots / mean service time. */
function rateAt(utilisation: number, slots: readonly number[]): number {
  const total = slots.reduce((sum, count) => sum + count, 0);
  return Math.round((utilisation * total * 1000) / SERVICE_MEAN_MS);
}

function unequal(utilisation: number, { warmUpS, measuredS }: Lengths): Scenario {
  return {
    ...PLAIN,
    name: `S2 rho ${utilisation}`,
    title: `capacities 1x, 2x, 4x; cold start at ${utilisation * 100} % of capacity`,
    slots: UNEQUAL_SLOTS,
    rateRps: rateAt(utilisation, UNEQUAL_SLOTS),
    lengthS: warmUpS + measuredS,
    windows: [
      { name: "start", fromS: 0, toS: warmUpS },
      { name: "S2", fromS: warmUpS, toS: warmUpS + measuredS },
    ],
    blind: true,
  };
}

interface Link {
  readonly name: ScenarioName;
  readonly fault?: { readonly host: number; readonly fault: Partial<BackendFault> };
  readonly recoveryS?: number;
}

const LINKS: readonly Link[] = [
  { name: "S1" },
  { name: "S3", fault: { host: 0, fault: { slowdown: 10 } } },
  { name: "S4", fault: { host: 3, fault: { failFraction: 1 } } },
  { name: "S4b", fault: { host: 6, fault: { failFraction: 0.3 } }, recoveryS: LONG_RECOVERY_S },
];

function chain(links: readonly Link[], { warmUpS, measuredS, recoveryS }: Lengths): Scenario {
  const steps: Step[] = [];
  const windows: Window[] = [];
  let atS = warmUpS;
  for (const link of links) {
    const toS = atS + measuredS;
    const afterS = link.fault === undefined ? 0 : Math.max(recoveryS, link.recoveryS ?? 0);
    windows.push({
      name: link.name,
      fromS: atS,
      toS,
      ...(link.fault === undefined ? {} : { fault: { host: link.fault.host, backByS: toS + afterS } }),
    });
    if (link.fault !== undefined) {
      const { host, fault } = link.fault;
      steps.push(...faultSteps(host, fault, 0, atS, toS));
      windows.push({ name: `after ${link.name}`, fromS: toS, toS: toS + recoveryS });
    }
    atS = toS + afterS;
  }
  return {
    ...PLAIN,
    name: "H",
    title: `equal capacities; ${links.map(({ name }) => name).join(", then ")}`,
    slots: EQUAL_SLOTS,
    rateRps: rateAt(0.7, EQUAL_SLOTS),
    lengthS: atS,
    steps,
    windows,
    blind: true,
  };
}

/** A fault and its end; `capacity` is what the oracle is told at its start. */
function faultSteps(
  host: number,
  fault: Partial<BackendFault>,
  capacity: number,
  fromS: number,
  toS: number,
): readonly Step[] {
  return [
    { atS: fromS, action: { kind: "tell-oracle", host, capacity } },
    { atS: fromS, action: { kind: "inject", host, fault } },
    { atS: toS, action: { kind: "heal", host } },
    { atS: toS, action: { kind: "tell-oracle", host, capacity: 1 } },
  ];
}

const SINGLES: readonly (readonly [ScenarioName, (lengths: Lengths) => Scenario])[] = [
  ["S3b", (lengths) => single("S3b", "one host 2.5 times as slow", { slowdown: 2.5 }, 0.4, lengths)],
  ["S3c", (lengths) => single("S3c", "one host hangs: it accepts and never answers", { hang: true }, 0, lengths)],
  ["S7", newcomer],
  ["S11", bursts],
  ["S12", thin],
  ["restart", rollingRestart],
  ["lost-reports", lostReports],
  ["false-reports", falseReports],
];

function single(
  name: string,
  title: string,
  fault: Partial<BackendFault>,
  capacity: number,
  { warmUpS, measuredS, recoveryS }: Lengths,
): Scenario {
  const toS = warmUpS + measuredS;
  return {
    ...PLAIN,
    name,
    title,
    slots: EQUAL_SLOTS,
    rateRps: rateAt(0.7, EQUAL_SLOTS),
    lengthS: toS + recoveryS,
    steps: faultSteps(1, fault, capacity, warmUpS, toS),
    windows: [
      { name, fromS: warmUpS, toS, fault: { host: 1, backByS: toS + recoveryS } },
      { name: `after ${name}`, fromS: toS, toS: toS + recoveryS },
    ],
  };
}

/** The oracle follows the newcomer's true speed in steps. */
function newcomer({ warmUpS, measuredS }: Lengths): Scenario {
  const host = HOSTS - 1;
  const fadeS = 30;
  const slowdown = 5;
  const everyS = 3;
  const speedSteps = Array.from({ length: Math.min(fadeS, measuredS) / everyS + 1 }, (_, i): Step => {
    const ageS = i * everyS;
    const capacity = 1 / (1 + (slowdown - 1) * (1 - ageS / fadeS));
    return { atS: warmUpS + ageS, action: { kind: "tell-oracle", host, capacity } };
  });
  return {
    ...PLAIN,
    name: "S7",
    title: `a host joins ${slowdown} times as slow, and gets up to speed in ${fadeS} s`,
    slots: EQUAL_SLOTS,
    absent: [host],
    rateRps: rateAt(0.7, EQUAL_SLOTS.slice(1)),
    lengthS: warmUpS + measuredS,
    steps: [
      { atS: warmUpS, action: { kind: "inject", host, fault: { slowdown, fadeMs: fadeS * 1000 } } },
      { atS: warmUpS, action: { kind: "join", host } },
      ...speedSteps,
    ],
    windows: [{ name: "S7", fromS: warmUpS, toS: warmUpS + measuredS }],
  };
}

function bursts({ warmUpS, measuredS }: Lengths): Scenario {
  return {
    ...PLAIN,
    name: "S11",
    title: "1x, 2x, 4x at half of the capacity, and for 1 s of every 10 s at 1.5 times the capacity",
    slots: UNEQUAL_SLOTS,
    rateRps: rateAt(0.5, UNEQUAL_SLOTS),
    bursts: { factor: 3, lengthS: 1, everyS: 10 },
    lengthS: warmUpS + measuredS,
    windows: [{ name: "S11", fromS: warmUpS, toS: warmUpS + measuredS }],
  };
}

function thin({ warmUpS, measuredS }: Lengths): Scenario {
  return {
    ...PLAIN,
    name: "S12",
    title: "equal hosts, 1 request per second each",
    slots: EQUAL_SLOTS,
    rateRps: HOSTS,
    lengthS: warmUpS + 3 * measuredS,
    windows: [{ name: "S12", fromS: warmUpS, toS: warmUpS + 3 * measuredS }],
  };
}

/** Each host in turn is drained, goes away, and comes back. */
function rollingRestart({ warmUpS }: Lengths): Scenario {
  const everyS = 5;
  const turns = Array.from({ length: HOSTS }, (_, host) => ({ host, atS: warmUpS + host * everyS }));
  const toS = warmUpS + HOSTS * everyS;
  return {
    ...PLAIN,
    name: "restart",
    title: "equal hosts restart one after the other: drained for 1.5 s, away for 2 s",
    slots: EQUAL_SLOTS,
    rateRps: rateAt(0.7, EQUAL_SLOTS),
    lengthS: toS + 5,
    steps: turns.flatMap(({ host, atS }): Step[] => [
      { atS, action: { kind: "drain", host } },
      { atS: atS + 1.5, action: { kind: "leave", host } },
      { atS: atS + 3.5, action: { kind: "join", host } },
    ]),
    windows: [{ name: "restart", fromS: warmUpS, toS }],
  };
}

function lostReports(lengths: Lengths): Scenario {
  return {
    ...unequal(0.7, lengths),
    name: "lost-reports",
    title: "S2 with 30 % of all load reports lost",
    windows: [{ name: "lost-reports", fromS: lengths.warmUpS, toS: lengths.warmUpS + lengths.measuredS }],
    reportFault: { kind: "lost", fraction: 0.3 },
    blind: false,
  };
}

function falseReports({ warmUpS, measuredS }: Lengths): Scenario {
  return {
    ...PLAIN,
    name: "false-reports",
    title: "equal hosts; one of four Envoys reports one host as 10 times as slow as it is",
    slots: EQUAL_SLOTS,
    rateRps: rateAt(0.7, EQUAL_SLOTS),
    lengthS: warmUpS + measuredS,
    windows: [{ name: "false-reports", fromS: warmUpS, toS: warmUpS + measuredS }],
    reportFault: { kind: "false", host: 0, factor: 10 },
    proxies: [4],
  };
}
