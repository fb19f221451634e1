// Declared routes on a real Envoy, shown by which backend answers which request.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { type Ask, ask } from "../../envoy/lab/ask.js";
import { until } from "../../envoy/lab/until.js";
import { Rig, type RigBackend } from "./harness/rig.js";

const HOST = "front.example";
let rig: Rig;
let shop: RigBackend;
let canary: RigBackend;
let audit: RigBackend;

beforeAll(async () => {
  rig = await Rig.create();
  await rig.startServer();
  await rig.startEnvoy();
  [shop, canary, audit] = await Promise.all([
    rig.startBackend({ name: "shop-1", service: "shop" }),
    rig.startBackend({ name: "canary-1", service: "canary" }),
    rig.startBackend({ name: "audit-1", service: "audit" }),
  ]);
  await Promise.all(["shop", "canary", "audit"].map((service) => rig.untilServing(service)));
});

afterEach(() => {
  for (const { backend } of [shop, canary, audit]) backend.heal();
});

afterAll(() => rig.stop());

type Request = Partial<Omit<Ask, "port">>;
const send = (request: Request = {}) => ask({ port: rig.listenerPort, host: HOST, ...request });

/** Name of the backend that answers, or the status when none does. */
async function answering(request: Request = {}): Promise<string> {
  const { status, headers } = await send(request);
  return status === 200 ? String(headers["x-backend"]) : String(status);
}

/** 16 at a time, so that thousands take seconds. */
async function many<T>(count: number, one: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let started = 0;
  const worker = async () => {
    while (started++ < count) results.push(await one());
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return results;
}

const put = (route: object, name = "front") =>
  rig.server.api.send("PUT", `/v1/routes/${name}`, { domains: [HOST], ...route });

/**
 * Puts the route with one rule more, and waits until Envoy follows that rule. What it rewrites the path to tells it from
 * every rule before it: a catch-all of the route in force until now leads to the same backend.
 */
let edition = 0;
async function putAndWait(route: { domains?: string[]; rules: object[] }): Promise<void> {
  const path = `/edition-${++edition}`;
  const mark = { match: { path: { prefix: path } }, to: "shop", prefixRewrite: `/in-force-${edition}` };
  await put({ ...route, rules: [mark, ...route.rules] });
  const [host = HOST] = route.domains ?? [];
  await until(async () => ((await send({ host, path })).headers["x-path"] === mark.prefixRewrite ? true : undefined), {
    what: "the route is in force",
    everyMs: 10,
  });
}

test("the first rule that matches by path, method and headers decides; what none matches is 404", async () => {
  const rule = (match: object, to: string) => ({ match, to });
  await putAndWait({
    rules: [
      rule({ path: { exact: "/exact" } }, "canary"),
      rule({ path: { regex: "/v[0-9]+/items(/.*)?" } }, "canary"),
      rule({ path: { prefix: "/api" }, method: "POST" }, "canary"),
      rule({ path: { prefix: "/api" }, headers: [{ name: "x-tenant", exact: "acme" }] }, "canary"),
      rule({ path: { prefix: "/api" }, headers: [{ name: "x-tenant", prefix: "beta-" }] }, "canary"),
      rule({ path: { prefix: "/api" }, headers: [{ name: "x-tenant", regex: "[0-9]{3}" }] }, "canary"),
      rule({ path: { prefix: "/api" }, headers: [{ name: "x-debug", present: true }] }, "audit"),
      rule({ path: { prefix: "/internal" }, headers: [{ name: "x-user", present: false }] }, "audit"),
      rule({ path: { prefix: "/api" } }, "shop"),
    ],
  });
  const cases: readonly (readonly [Request, string])[] = [
    [{ path: "/exact" }, "canary-1"],
    [{ path: "/exact?query=1" }, "canary-1"],
    [{ path: "/exact/more" }, "404"],
    [{ path: "/v12/items" }, "canary-1"],
    [{ path: "/v12/items/7?x=1" }, "canary-1"],
    [{ path: "/v12/itemsandmore" }, "404"],
    [{ path: "/api/a", method: "POST" }, "canary-1"],
    [{ path: "/api/a" }, "shop-1"],
    [{ path: "/apis" }, "shop-1"],
    [{ path: "/api", headers: { "x-tenant": "acme" } }, "canary-1"],
    [{ path: "/api", headers: { "x-tenant": "acme2" } }, "shop-1"],
    [{ path: "/api", headers: { "x-tenant": "beta-7" } }, "canary-1"],
    [{ path: "/api", headers: { "x-tenant": "123" } }, "canary-1"],
    [{ path: "/api", headers: { "x-tenant": "1234" } }, "shop-1"],
    [{ path: "/api", headers: { "x-debug": "" } }, "audit-1"],
    [{ path: "/internal" }, "audit-1"],
    [{ path: "/internal", headers: { "x-user": "me" } }, "404"],
    [{ path: "/" }, "404"],
  ];
  for (const [request, expected] of cases) expect([request, await answering(request)]).toEqual([request, expected]);
});

test("domains: with a port, in capitals, by wildcard, the longest first, and a catch-all", async () => {
  await put({ domains: ["*"], rules: [{ to: "audit" }] }, "catch-all");
  await put({ domains: ["deep.wild.example"], rules: [{ to: "shop" }] }, "deep");
  await putAndWait({ domains: [HOST, "*.wild.example"], rules: [{ to: "canary" }] });
  const cases: readonly (readonly [string, string])[] = [
    [`${HOST}:${rig.listenerPort}`, "canary-1"],
    ["FRONT.example", "canary-1"],
    ["a.wild.example:1", "canary-1"],
    ["deep.wild.example", "shop-1"],
    ["wild.example", "audit-1"],
    ["else.example", "audit-1"],
    ["shop", "shop-1"],
  ];
  for (const [host, expected] of cases) expect([host, await answering({ host })]).toEqual([host, expected]);
  for (const name of ["catch-all", "deep"]) await rig.server.api.send("DELETE", `/v1/routes/${name}`);
  await until(async () => ((await answering({ host: "else.example" })) === "404" ? true : undefined), {
    what: "without the catch-all, other hosts get 404",
  });
});

test("a split sends each service its share", async () => {
  await putAndWait({
    rules: [
      {
        to: [
          { service: "shop", weight: 90 },
          { service: "canary", weight: 10 },
          { service: "audit", weight: 0 },
        ],
      },
    ],
  });
  const count = 2_000;
  const answers = await many(count, () => answering());
  const share = answers.filter((name) => name === "canary-1").length / count;
  // Envoy draws for each request on its own. Four standard deviations: a right split fails once in 15,000 runs.
  expect(Math.abs(share - 0.1)).toBeLessThan(4 * Math.sqrt((0.1 * 0.9) / count));
  expect(new Set(answers)).toEqual(new Set(["shop-1", "canary-1"]));
});

test("a prefix is rewritten, with what follows and the query", async () => {
  await putAndWait({
    rules: [{ match: { path: { prefix: "/api/v1/" } }, to: "shop", prefixRewrite: "/" }, { to: "shop" }],
  });
  expect((await send({ path: "/api/v1/items/7?x=1" })).headers["x-path"]).toBe("/items/7?x=1");
  expect((await send({ path: "/api/items" })).headers["x-path"]).toBe("/api/items");
});

describe("a mirror", () => {
  test("gets a copy of each request, or of a share of them", async () => {
    await putAndWait({ rules: [{ to: "shop", mirror: { service: "audit" } }] });
    const before = audit.backend.received;
    expect(new Set(await many(50, () => answering()))).toEqual(new Set(["shop-1"]));
    // The copy of the request that Envoy answered last may still be on its way.
    await until(() => (audit.backend.received - before === 50 ? true : undefined), { what: "50 copies have arrived" });
    await putAndWait({ rules: [{ to: "shop", mirror: { service: "audit", percent: 25 } }] });
    const count = 800;
    const from = audit.backend.received;
    await many(count, () => answering());
    // The bound is that of the split above; at most 16 copies are on their way when the last answer is in.
    const bound = 4 * Math.sqrt((0.25 * 0.75) / count) + 16 / count;
    expect(Math.abs((audit.backend.received - from) / count - 0.25)).toBeLessThan(bound);
  });

  test("that hangs, is down or does not exist is nothing to the caller", async () => {
    await putAndWait({ rules: [{ to: "shop", mirror: { service: "audit" } }] });
    audit.backend.inject({ hang: true });
    const { port } = audit.backend;
    const ok = async () => {
      const startMs = performance.now();
      const answers = await many(40, () => answering());
      return [new Set(answers), performance.now() - startMs < 2_000];
    };
    expect(await ok()).toEqual([new Set(["shop-1"]), true]);
    await audit.backend.stop();
    expect(await ok()).toEqual([new Set(["shop-1"]), true]);
    await audit.backend.start(port);
  });
});

describe("what a rule sets", () => {
  test("its time limit, while other rules keep theirs", async () => {
    await putAndWait({
      rules: [{ match: { path: { prefix: "/fast" } }, to: "shop", timeouts: { requestMs: 150 } }, { to: "shop" }],
    });
    shop.backend.inject({ hang: true });
    const startMs = performance.now();
    const { status } = await send({ path: "/fast" });
    const tookMs = performance.now() - startMs;
    expect([status, tookMs > 140, tookMs < 1_500]).toEqual([504, true, true]);
    await expect(send({ path: "/slow", timeoutMs: 1_000 })).rejects.toThrow();
  });

  test("its retries, with its own conditions", async () => {
    const retry = { attempts: 3, on: ["5xx"] };
    await putAndWait({ rules: [{ match: { path: { prefix: "/again" } }, to: "shop", retry }, { to: "shop" }] });
    shop.backend.inject({ failFraction: 1 });
    const triesOf = async (path: string) => {
      const before = shop.backend.received;
      expect(await answering({ path })).toBe("503");
      return shop.backend.received - before;
    };
    expect(await triesOf("/again")).toBe(4);
    expect(await triesOf("/once")).toBe(1);
  });
});

test("a route with a service's name takes its place; deleted, it gives it back", async () => {
  await putAndWait({ domains: ["shop"], rules: [{ to: "canary" }] });
  expect(await answering({ host: "shop" })).toBe("canary-1");
  expect(await answering({ host: `shop:${rig.listenerPort}` })).toBe("canary-1");
  await rig.server.api.send("DELETE", "/v1/routes/front");
  await until(async () => ((await answering({ host: "shop" })) === "shop-1" ? true : undefined), {
    what: "the service answers to its name again",
  });
  expect(await answering({ host: HOST })).toBe("404");
});

test("a service that goes while a route names it answers 503 there, and nothing else suffers", async () => {
  await putAndWait({ rules: [{ match: { path: { prefix: "/c" } }, to: "canary" }, { to: "shop" }] });
  await expect(rig.server.api.send("DELETE", "/v1/services/canary")).rejects.toThrow(/ERR_SERVICE_IN_USE/);
  expect(await answering({ path: "/c" })).toBe("canary-1");
  await canary.leave();
  await until(async () => ((await answering({ path: "/c" })) === "503" ? true : undefined), {
    what: "503 without canary",
  });
  expect(await answering()).toBe("shop-1");
  canary = await rig.startBackend({ name: "canary-2", service: "canary" });
  await until(async () => ((await answering({ path: "/c" })) === "canary-2" ? true : undefined), {
    what: "canary is back",
  });
});
