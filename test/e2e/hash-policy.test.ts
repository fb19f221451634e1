// Where Envoy finds the key of a request, place by place: the owner that the API names for the key is who answers.
import { afterEach, expect, test } from "@jest/globals";
import { type ClosedLoopAnswer, closedLoop, countsOf, type KeyedRequest } from "./harness/closed-loop.js";
import { Rig } from "./harness/rig.js";
import { untilHosts } from "./harness/until-hosts.js";

let rig: Rig;
afterEach(() => rig.stop());

const BACKENDS = 5;
const KEYS = Array.from({ length: 300 }, (_, n) => `key-${n}`);

async function start(hashPolicy: readonly unknown[]): Promise<void> {
  rig = await Rig.create();
  const server = await rig.startServer();
  await server.api.send("PUT", "/v1/services/shop", { algorithm: "consistent-hash", hashPolicy });
  const envoy = await rig.startEnvoy();
  await rig.startBackends(BACKENDS, { service: "shop" });
  await untilHosts(envoy, "shop", BACKENDS);
  await rig.untilServing("shop");
}

async function ownersOf(keys: readonly string[]): Promise<readonly unknown[]> {
  const path = "/v1/services/shop/owner";
  return Promise.all(
    keys.map(async (key) => {
      const owner = await rig.server.api.get(`${path}?key=${encodeURIComponent(key)}`);
      return (owner as { readonly instance: string }).instance;
    }),
  );
}

function answersTo(count: number, requestOf: (index: number) => KeyedRequest): Promise<readonly ClosedLoopAnswer[]> {
  return closedLoop({ port: rig.listenerPort, service: "shop", count, callers: 8, requestOf });
}

/** Who answers requests that carry each key so, and who should. */
async function compare(keys: readonly string[], requestOf: (key: string) => KeyedRequest): Promise<void> {
  const answers = await answersTo(keys.length, (index) => requestOf(keys[index] ?? ""));
  expect(answers.map(({ backend }) => backend)).toEqual(await ownersOf(keys));
  expect(countsOf(answers).size).toBe(BACKENDS);
}

test("headers, cookies and query parameters, the first that is there", async () => {
  await start([{ header: "x-user" }, { cookie: "session" }, { queryParameter: "user" }]);
  const other = { cookie: "session=else" };
  await compare(KEYS, (key) => ({ headers: { "x-user": key, ...other }, path: "/?user=else" }));
  await compare(KEYS, (key) => ({ headers: { cookie: `a=b; session=${key}; c=d` }, path: "/?user=else" }));
  await compare(KEYS, (key) => ({ path: `/list?page=2&user=${key}&user=else` }));
  // As it stands in the URL: Envoy decodes nothing.
  const escaped = KEYS.map((key) => `a%20${key}`);
  await compare(escaped, (key) => ({ path: `/?user=${key}` }));
});

test("the caller's address", async () => {
  await start([{ header: "x-user" }, { sourceIp: true }]);
  const addresses = Array.from({ length: 200 }, (_, n) => `127.0.${n % 7}.${n + 2}`);
  await compare(addresses, (localAddress) => ({ localAddress, headers: { "x-forwarded-for": "10.1.2.3" } }));
});

test("a cookie that Envoy sets keeps a caller where the first request went", async () => {
  await start([{ cookie: "affinity", ttlMs: 90_000, path: "/shop" }]);
  const first = await answersTo(KEYS.length, () => ({}));
  const cookies = first.map(({ headers }) => String(headers["set-cookie"]));
  const values = cookies.map(
    (cookie) => /^affinity="([0-9a-f]+)"; Max-Age=90; Path=\/shop; HttpOnly$/.exec(cookie)?.[1],
  );
  expect(values).not.toContain(undefined);
  const again = await answersTo(KEYS.length, (index) => ({ headers: { cookie: `affinity=${values[index]}` } }));
  expect(again.map(({ backend }) => backend)).toEqual(first.map(({ backend }) => backend));
  expect(again.every(({ headers }) => headers["set-cookie"] === undefined)).toBe(true);
  expect(again.map(({ backend }) => backend)).toEqual(await ownersOf(values.map(String)));
});

test("without any of them requests go anywhere", async () => {
  await start([{ header: "x-user" }]);
  expect(countsOf(await answersTo(200, () => ({}))).size).toBe(BACKENDS);
});
