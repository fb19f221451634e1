// Reads that wait for a new revision, over real HTTP.
import { afterEach, expect, test } from "@jest/globals";
import { ApiHarness, pointersOf, spec } from "./harness.js";

const INSTANCES = "/v1/services/orders/instances";
let api: ApiHarness;

afterEach(() => api.stop());

async function start(limits: ConstructorParameters<typeof ApiHarness>[0] = {}): Promise<void> {
  api = new ApiHarness(limits);
  await api.start();
  await api.put(`${INSTANCES}/a`, spec());
}

test.each([
  ["instances of a service", INSTANCES],
  ["a service", "/v1/services/orders"],
  ["services", "/v1/services"],
])("%s: answered when there is another revision, and not before", async (_what, path) => {
  await start();
  const { revision } = (await api.get(path)).body;
  const waiting = api.get(`${path}?index=${revision}&wait=300s`);
  // A later read is answered first, so the other one waits.
  expect((await api.get(path)).body.revision).toBe(revision);
  await api.put(`${INSTANCES}/b`, spec({ port: 2 }));
  const reply = await waiting;
  expect(reply.status).toBe(200);
  expect(reply.body.revision).toBeGreaterThan(revision);
  expect(JSON.stringify(reply.body)).toMatch(/"id":"b"|"instances":2/);
});

test("an index that is not the present one is answered at once: the client is behind, or the server lost its state", async () => {
  await start();
  const { revision } = (await api.get(INSTANCES)).body;
  for (const index of [0, revision - 1, revision + 1_000]) {
    expect((await api.get(`${INSTANCES}?index=${index}&wait=300s`)).body.revision).toBe(revision);
  }
});

test("a change of another service wakes nobody but those who wait for all", async () => {
  await start();
  const { revision } = (await api.get(INSTANCES)).body;
  const waiting = api.get(`${INSTANCES}?index=${revision}&wait=300s`);
  await api.put("/v1/services/billing", {});
  await api.put(`${INSTANCES}/a`, spec({ weight: 7 }));
  expect((await waiting).body.instances[0].weight).toBe(7);
});

test("when the time is over the answer is what there still is, or 304 to who asks so", async () => {
  await start();
  const { body, headers } = await api.get(INSTANCES);
  expect((await api.get(`${INSTANCES}?index=${body.revision}&wait=0s`)).body).toEqual(body);
  const unchanged = await api.get(`${INSTANCES}?index=${body.revision}&wait=0`, {
    "if-none-match": headers.get("etag") ?? "",
  });
  expect(unchanged.status).toBe(304);
});

test("a service that goes away answers 404, one that is not there at once", async () => {
  await start();
  await api.put("/v1/services/billing", {});
  const { revision } = (await api.get("/v1/services/billing")).body;
  const waiting = api.get(`/v1/services/billing?index=${revision}`);
  await api.get("/v1/services");
  await api.send("DELETE", "/v1/services/billing");
  pointersOf(await waiting, 404, "ERR_UNKNOWN_SERVICE");
  pointersOf(await api.get("/v1/services/nope?index=0&wait=300s"), 404, "ERR_UNKNOWN_SERVICE");
});

test.each([
  ["index=-1", "/query/index"],
  ["index=x", "/query/index"],
  ["index=1&wait=301s", "/query/wait"],
  ["index=1&wait=1m", "/query/wait"],
])("%s is refused", async (query, pointer) => {
  await start();
  expect(pointersOf(await api.get(`${INSTANCES}?${query}`), 422, "ERR_INVALID_REQUEST")).toEqual([pointer]);
});

test("their number is bounded, a place is free again after one left, and a stopping server answers them", async () => {
  await start({ blockingQueries: 1 });
  const { revision } = (await api.get(INSTANCES)).body;
  const leaving = new AbortController();
  const path = `${INSTANCES}?index=${revision}&wait=300s`;
  const left = fetch(api.url + path, { signal: leaving.signal }).catch((error: Error) => error.name);
  await until(async () => (await api.get(`${INSTANCES}?index=${revision}&wait=0s`)).status === 429);
  leaving.abort();
  expect(await left).toBe("AbortError");
  await until(async () => (await api.get(`${INSTANCES}?index=${revision}&wait=0s`)).status === 200);
  const waiting = api.get(path);
  await until(async () => (await api.get(`${INSTANCES}?index=${revision}&wait=0s`)).status === 429);
  await api.stop();
  expect((await waiting).body.revision).toBe(revision);
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}
