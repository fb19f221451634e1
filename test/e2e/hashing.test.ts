// Consistent hashing on a real Envoy: the owner that our own tables name for a key is the backend that answers.
import { afterEach, expect, test } from "@jest/globals";
import { ask } from "../../envoy/lab/ask.js";
import { until } from "../../envoy/lab/until.js";
import { ConsistentHashBalancer } from "../../src/balancers/consistent-hash/consistent-hash.js";
import { MaglevBalancer } from "../../src/balancers/consistent-hash/maglev.js";
import type { BackendSpec } from "../../src/balancers/load-balancer.js";
import { Rig } from "./harness/rig.js";

let rig: Rig | undefined;
afterEach(() => rig?.stop());

const WEIGHTS = { one: 100, two: 200, four: 400 };
const KEYS = Array.from({ length: 200 }, (_, n) => `key-${n}`);

async function start(settings: Readonly<Record<string, unknown>>): Promise<readonly BackendSpec[]> {
  rig = await Rig.create();
  const server = await rig.startServer();
  await fetch(`${server.api.url}/v1/services/shop`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ algorithm: "consistent-hash", settings }),
  });
  const envoy = await rig.startEnvoy();
  const specs: BackendSpec[] = [];
  for (const [name, weight] of Object.entries(WEIGHTS)) {
    const { backend } = await rig.startBackend({ name, weight, service: "shop" });
    specs.push({ id: name, address: `127.0.0.1:${backend.port}`, weight, health: "healthy" });
  }
  await until(async () => ((await envoy.admin.hosts("shop"))?.length === specs.length ? true : undefined), {
    what: "Envoy knows all backends",
    deadlineMs: 10_000,
  });
  await rig.untilServing("shop");
  // In the order in which Envoy is told of them.
  return specs.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** Which backend answers each request that carries these headers. */
async function answering(headersOf: (key: string) => Readonly<Record<string, string>>): Promise<readonly unknown[]> {
  const port = rig?.listenerPort ?? 0;
  const names: unknown[] = [];
  for (const key of KEYS) names.push((await ask({ port, host: "shop", headers: headersOf(key) })).headers["x-backend"]);
  return names;
}

test.each([
  {
    settings: { table: "maglev" },
    make: (specs: readonly BackendSpec[]) => new MaglevBalancer(specs),
  },
  {
    settings: { table: "ring", minimumRingSize: 8_192 },
    make: (specs: readonly BackendSpec[]) =>
      new ConsistentHashBalancer(specs, { minimumRingSize: 8_192, maximumRingSize: 1_048_576 }),
  },
])("$settings.table: the backend that answers is the owner we name, for weights 1:2:4", async ({ settings, make }) => {
  const table = make(await start(settings));
  const owners = KEYS.map((key) => table.ownerOf(key)?.id);
  expect(new Set(owners)).toEqual(new Set(Object.keys(WEIGHTS)));
  expect(await answering((key) => ({ "x-route-key": key, "x-client-id": "somebody" }))).toEqual(owners);
  expect(await answering((key) => ({ "x-client-id": key }))).toEqual(owners);
  expect(await answering((key) => ({ "x-request-id": key }))).toEqual(owners);
});
