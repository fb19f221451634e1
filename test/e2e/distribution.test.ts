// How each algorithm spreads requests over a real Envoy's hosts. Bounds on what is drawn at random are 4 standard deviations
// of the binomial distribution: exceeded by chance once in 16,000 comparisons.
import { afterEach, expect, test } from "@jest/globals";
import { fixed } from "../../envoy/lab/backend.js";
import { type ClosedLoopAnswer, closedLoop, countsOf, failuresOf } from "./harness/closed-loop.js";
import { Rig } from "./harness/rig.js";
import { untilHosts } from "./harness/until-hosts.js";

let rig: Rig;
afterEach(() => rig.stop());

interface Host {
  readonly weight?: number;
  readonly serviceMs?: number;
}

async function start(algorithm: string, hosts: Readonly<Record<string, Host>>): Promise<void> {
  rig = await Rig.create();
  const server = await rig.startServer();
  await server.api.send("PUT", "/v1/services/shop", { algorithm });
  const envoy = await rig.startEnvoy();
  for (const [name, { weight = 100, serviceMs = 1 }] of Object.entries(hosts)) {
    await rig.startBackend({ name, weight, serviceTime: fixed(serviceMs), service: "shop" });
  }
  await untilHosts(envoy, "shop", 3);
  await rig.untilServing("shop");
}

async function send(count: number, callers: number): Promise<readonly ClosedLoopAnswer[]> {
  const answers = await closedLoop({ port: rig.listenerPort, service: "shop", count, callers });
  expect(failuresOf(answers)).toEqual([]);
  return answers;
}

const EQUAL = { a: {}, b: {}, c: {} };
const BY_WEIGHT = { a: { weight: 100 }, b: { weight: 200 }, c: { weight: 400 } };

/** Largest deviation of a count by chance. */
const chance = (count: number, share: number): number => 4 * Math.sqrt(count * share * (1 - share));

/** Every count is within `bound` of its share. */
function expectShares(
  counts: ReadonlyMap<string, number>,
  shares: Readonly<Record<string, number>>,
  bound: number,
): void {
  const count = [...counts.values()].reduce((sum, each) => sum + each, 0);
  for (const [name, share] of Object.entries(shares)) {
    expect(Math.abs((counts.get(name) ?? 0) - share * count)).toBeLessThanOrEqual(bound);
  }
}

const THIRDS = { a: 1 / 3, b: 1 / 3, c: 1 / 3 };

test("round-robin: each in turn, exactly", async () => {
  await start("round-robin", EQUAL);
  const answers = await send(300, 1);
  const names = answers.map(({ backend }) => backend);
  for (let index = 3; index < names.length; index++) expect(names[index]).toBe(names[index - 3]);
  expect(countsOf(answers)).toEqual(new Map(names.slice(0, 3).map((name) => [name, 100])));
});

// A schedule by weight: over any span a host is less than one request away from its share, over all 700 thus at most one.
test("weighted-round-robin: 1:2:4, to the request", async () => {
  await start("weighted-round-robin", BY_WEIGHT);
  expectShares(countsOf(await send(700, 1)), { a: 1 / 7, b: 2 / 7, c: 4 / 7 }, 1);
});

test("random: evenly, whatever the weights, and with no memory", async () => {
  const COUNT = 3_000;
  await start("random", BY_WEIGHT);
  const answers = await send(COUNT, 1);
  expectShares(countsOf(answers), THIRDS, chance(COUNT, 1 / 3));
  // A third of the requests go where the one before went; in turn, none would.
  const repeats = answers.filter(({ backend }, index) => backend === answers[index - 1]?.backend).length;
  expect(Math.abs(repeats - COUNT / 3)).toBeLessThanOrEqual(chance(COUNT, 1 / 3));
});

// One host is ten times slower. Two picks out of three, with the less busy one taken, both fall on the slow host 1 time in 9:
// least request cannot send it less. If it always lost otherwise it would get 1/9; equal queues would give it 1/21. Half of
// what it would get in turn is the bound.
test("least-connections: what is slow gets less", async () => {
  const COUNT = 2_000;
  await start("least-connections", { a: { serviceMs: 5 }, b: { serviceMs: 5 }, c: { serviceMs: 50 } });
  const counts = countsOf(await send(COUNT, 24));
  expect(counts.get("c") ?? 0).toBeLessThan(COUNT / 6);
  expect(Math.abs((counts.get("a") ?? 0) - (counts.get("b") ?? 0))).toBeLessThan(2 * chance(COUNT, 1 / 2));
});

test("adaptive: evenly over equal hosts", async () => {
  const COUNT = 3_000;
  await start("adaptive", EQUAL);
  // Choosing the less busy of two draws towards equal counts: less scattered than chance.
  expectShares(countsOf(await send(COUNT, 12)), THIRDS, chance(COUNT, 1 / 3));
});
