// Consistent hashing on a real Envoy: for each of 10,000 keys the backend that answers is the owner that we name, and
// keeps its keys when one joins. Of n + 1 backends the one that joins must get 1/(n + 1) of the keys; 1.5/n may move.
import { afterEach, expect, test } from "@jest/globals";
import { until } from "../../envoy/lab/until.js";
import type { RunningEnvoy } from "../../envoy/launch-envoy.js";
import { type KeyedHost, KeyTables } from "../../src/balancers/consistent-hash/key-tables.js";
import type { HashingEnforcement } from "../../src/model/enforcement.js";
import { closedLoop } from "./harness/closed-loop.js";
import { Rig } from "./harness/rig.js";
import { untilHosts } from "./harness/until-hosts.js";

let rig: Rig | undefined;
afterEach(() => rig?.stop());

const KEYS = Array.from({ length: 10_000 }, (_, n) => `key-${n}`);
const SETTINGS = { overprovisioningPercent: 140, panicThresholdPercent: 0 };
const CALLERS = 32;

async function start(settings: Readonly<Record<string, unknown>>, weights: readonly number[]): Promise<RunningEnvoy> {
  rig = await Rig.create();
  const server = await rig.startServer();
  const policy = { algorithm: "consistent-hash", settings, hashPolicy: [{ header: "x-user" }] };
  await server.api.send("PUT", "/v1/services/shop", policy);
  const envoy = await rig.startEnvoy();
  await Promise.all(weights.map((weight, index) => join(index, weight)));
  await untilHosts(envoy, "shop", weights.length);
  await rig.untilServing("shop");
  return envoy;
}

/** Named in the order in which Envoy is told of them. */
async function join(index: number, weight = 100): Promise<void> {
  await rig?.startBackend({ name: `b-${index + 100}`, weight, service: "shop" });
}

/** Which backend answers for each key. */
async function answering(): Promise<readonly string[]> {
  const requestOf = (index: number) => ({ headers: { "x-user": KEYS[index] ?? "" } });
  const port = rig?.listenerPort ?? 0;
  const answers = await closedLoop({ port, service: "shop", count: KEYS.length, callers: CALLERS, requestOf });
  return answers.map(({ backend }) => backend);
}

/** Which backend we expect for each key, of the weights in force. */
async function predicted(enforcement: HashingEnforcement): Promise<readonly (string | undefined)[]> {
  const { endpoints } = (await rig?.server.api.weights("shop")) ?? { endpoints: [] };
  const names = new Map(endpoints.map(({ instance, address, port }) => [`${address}:${port}`, instance]));
  const hosts = endpoints.map(
    ({ address, port, weight }): KeyedHost => ({ address: `${address}:${port}`, weight, health: "HEALTHY" }),
  );
  const tables = new KeyTables(enforcement, [hosts], SETTINGS);
  return KEYS.map((key) => names.get(tables.ownerOf(key)?.host.address ?? ""));
}

const different = (a: readonly unknown[], b: readonly unknown[]): number =>
  a.filter((value, index) => value !== b[index]).length;

test.each<{ settings: Readonly<Record<string, unknown>>; enforcement: HashingEnforcement; n: number }>([
  { settings: { table: "maglev" }, enforcement: { policy: "maglev", tableSize: 65_537 }, n: 10 },
  // A ring of a fixed size gives everybody fewer points when one joins, which moves keys too, unless the points of each
  // are rounded up to the same number before and after: 1,024 points for 32 as for 33 are 32 each.
  {
    settings: { table: "ring", minimumRingSize: 1_024 },
    enforcement: { policy: "ring_hash", minimumRingSize: 1_024, maximumRingSize: 1_048_576 },
    n: 32,
  },
])("$settings.table: one joins $n, every key is where we say, and few move", async ({ settings, enforcement, n }) => {
  const envoy = await start(
    settings,
    Array.from({ length: n }, () => 100),
  );
  const before = await answering();
  expect(different(before, await predicted(enforcement))).toBe(0);
  expect(new Set(before).size).toBe(n);

  await join(n);
  await untilHosts(envoy, "shop", n + 1);
  const newcomer = `b-${n + 100}`;
  await until(async () => ((await predicted(enforcement)).includes(newcomer) ? true : undefined), {
    what: "the newcomer is in the plan",
  });
  const after = await answering();
  expect(different(after, await predicted(enforcement))).toBe(0);
  expect(after).toContain(newcomer);
  expect(different(before, after)).toBeLessThanOrEqual((1.5 / n) * KEYS.length);
});

test.each<{ settings: Readonly<Record<string, unknown>>; enforcement: HashingEnforcement }>([
  { settings: { table: "maglev", tableSize: 1_009 }, enforcement: { policy: "maglev", tableSize: 1_009 } },
  {
    settings: { table: "ring", minimumRingSize: 8_192 },
    enforcement: { policy: "ring_hash", minimumRingSize: 8_192, maximumRingSize: 1_048_576 },
  },
])("$settings.table: weights 1:2:4, and the API names the owner", async ({ settings, enforcement }) => {
  await start(settings, [100, 200, 400]);
  const owners = await answering();
  expect(different(owners, await predicted(enforcement))).toBe(0);
  for (let index = 0; index < KEYS.length; index += 50) {
    const answer = await rig?.server.api.get(`/v1/services/shop/owner?key=${KEYS[index]}`);
    expect(answer).toMatchObject({ instance: owners[index], hosts: 3, table: enforcement.policy });
  }
});
