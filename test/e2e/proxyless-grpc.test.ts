// Proxyless gRPC clients (@grpc/grpc-js-xds) against plain gRPC servers: they resolve, balance by our shares and follow
// them.
import { afterEach, expect, test } from "@jest/globals";
import type { ControlApi } from "../../envoy/lab/control-api.js";
import { until } from "../../envoy/lab/until.js";
import { chanceBound } from "./harness/binomial.js";
import { type GrpcClient, viaEnvoy } from "./harness/grpc-client.js";
import { Rig } from "./harness/rig.js";

let rig: Rig | undefined;
afterEach(() => rig?.stop());

/** grpc-js draws the locality of each call at random, so what a backend gets is binomial. */
function expectShares(client: GrpcClient, fromMs: number, weights: Readonly<Record<string, number>>): void {
  const { requests, errors } = client.summary(fromMs);
  expect(errors).toBe(0);
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  for (const [name, weight] of Object.entries(weights)) {
    const share = weight / total;
    expect(Math.abs(client.share(name, fromMs) - share)).toBeLessThan(chanceBound(share, requests));
  }
}

async function setWeights(api: ControlApi, service: string, weights: Readonly<Record<string, number>>): Promise<void> {
  for (const [name, weight] of Object.entries(weights)) {
    const answer = await fetch(`${api.url}/v1/services/${service}/instances/${name}`, {
      method: "PATCH",
      headers: { "content-type": "application/json", "if-match": "*" },
      body: JSON.stringify({ weight }),
    });
    expect(answer.status).toBe(200);
  }
}

test("shares are the weights', follow them, and outlive a kill -9 of the server, without a failed call", async () => {
  const world = await Rig.create();
  rig = world;
  const server = await world.startServer();
  await server.api.send("PUT", "/v1/services/shop", { algorithm: "weighted-round-robin" });
  const weights = { one: 100, two: 200, four: 400 };
  for (const [name, weight] of Object.entries(weights)) await world.startGrpcBackend({ name, weight, service: "shop" });
  await until(async () => ((await server.api.weights("shop")).endpoints.length === 3 ? true : undefined), {
    what: "three endpoints",
  });
  const client = await world.startGrpcClient({ service: "shop", rateRps: 400 });
  await client.requests(200);
  const atFirstMs = client.now();
  await client.requests(1_200);
  expectShares(client, atFirstMs, weights);

  const changedMs = client.now();
  const changed = { one: 400, two: 200, four: 100 };
  await setWeights(server.api, "shop", changed);
  await world.untilInForce();
  await client.requests(100);
  const thenMs = client.now();
  await client.requests(1_200);
  expectShares(client, thenMs, changed);

  await server.crash();
  const aloneMs = client.now();
  await client.requests(600);
  expectShares(client, aloneMs, changed);
  await server.startAgain();
  await setWeights(server.api, "shop", { one: 1, two: 1, four: 998 });
  await until(() => (client.share("four", client.now() - 500) > 0.95 ? true : undefined), {
    what: "the weights of the new process",
    deadlineMs: 20_000,
  });
  expect(client.summary(changedMs).errors).toBe(0);
});

test("a key goes to one backend, and to the same one by way of Envoy", async () => {
  const world = await Rig.create();
  rig = world;
  const { api } = await world.startServer();
  await api.send("PUT", "/v1/services/shop", {
    algorithm: "consistent-hash",
    settings: { table: "ring", minimumRingSize: 4_096, maximumRingSize: 4_096 }, // the most that gRPC takes
    hashPolicy: [{ header: "x-user" }],
    protocol: "http2",
  });
  for (const name of ["a", "b", "c"]) await world.startGrpcBackend({ name, service: "shop" });
  await until(async () => ((await api.weights("shop")).endpoints.length === 3 ? true : undefined), {
    what: "three endpoints",
  });
  await world.startEnvoy();
  const count = 60;
  const load = { rateRps: 300, keys: { header: "x-user", count } };
  const proxyless = await world.startGrpcClient({ service: "shop", ...load });
  const proxied = await world.startGrpcClient({ ...viaEnvoy(world.listenerPort, "shop"), ...load });
  const fromMs = proxyless.now();
  const ownersOf = (client: GrpcClient): readonly (readonly string[])[] =>
    Array.from({ length: count }, (_, key) => {
      const records = client.log.between(`key-${key}`, fromMs, client.now());
      return [...new Set(records.filter(({ status }) => status === 200).map(({ backend }) => backend))];
    });
  await Promise.all([proxyless.requests(count * 5), proxied.requests(count * 5)]);
  const owners = ownersOf(proxyless);
  expect(owners.every((each) => each.length === 1)).toBe(true);
  expect(new Set(owners.flat()).size).toBe(3);
  expect(ownersOf(proxied)).toEqual(owners);
});
