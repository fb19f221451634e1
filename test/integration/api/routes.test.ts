// Routes over HTTP: life cycle, conditions, pages, what is refused and where, and what they hold in place.
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { parseServiceName } from "../../../src/model/ids.js";
import { RouteBook } from "../../../src/registry/route-book.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { noMetrics } from "../../../src/runtime/metrics.js";
import { ApiHarness, pointersOf } from "./harness.js";

const FRONT = "/v1/routes/front";
const front = (over: object = {}): object => ({ domains: ["front.example"], rules: [{ to: "shop" }], ...over });
let api: ApiHarness;

beforeEach(async () => {
  api = new ApiHarness();
  await api.start();
  await api.put("/v1/services/shop", {});
  await api.put("/v1/services/audit", {});
});

afterEach(() => api.stop());

describe("life cycle", () => {
  test("PUT creates, changes, is idempotent and conditional; GET shows it with defaults; DELETE ends it", async () => {
    const created = await api.put(FRONT, front());
    expect([created.status, created.headers.get("location")]).toEqual([201, FRONT]);
    expect(created.body).toMatchObject({
      name: "front",
      route: { domains: ["front.example"], rules: [{ match: { path: { prefix: "/" }, headers: [] }, to: "shop" }] },
    });
    const etag = created.headers.get("etag") ?? "";
    expect((await api.get(FRONT, { "if-none-match": etag })).status).toBe(304);
    const again = await api.put(FRONT, front(), { "if-match": etag });
    expect([again.status, again.headers.get("etag")]).toEqual([200, etag]);
    pointersOf(await api.put(FRONT, front(), { "if-none-match": "*" }), 409, "ERR_ALREADY_EXISTS");
    const changed = await api.put(FRONT, front({ domains: ["b.example"] }), { "if-match": etag });
    expect(changed.status).toBe(200);
    pointersOf(await api.put(FRONT, front(), { "if-match": etag }), 412, "ERR_REVISION_MISMATCH");
    const stale = { headers: { "if-match": etag } };
    pointersOf(await api.send("DELETE", FRONT, stale), 412, "ERR_REVISION_MISMATCH");
    expect((await api.send("DELETE", FRONT, { headers: { "if-match": "*" } })).status).toBe(204);
    expect((await api.send("DELETE", FRONT)).status).toBe(204);
    pointersOf(await api.get(FRONT), 404, "ERR_UNKNOWN_ROUTE");
    pointersOf(await api.put(FRONT, front(), { "if-match": "*" }), 412, "ERR_REVISION_MISMATCH");
  });

  test("the list is sorted, in pages, with a tag that every change moves", async () => {
    for (const name of ["b", "c", "a"]) await api.put(`/v1/routes/${name}`, front({ domains: [name] }));
    const list = await api.get("/v1/routes?limit=2");
    expect(list.body.routes.map(({ name }: { name: string }) => name)).toEqual(["a", "b"]);
    expect(list.body.nextCursor).toBe("b");
    expect((await api.get("/v1/routes?cursor=b")).body.routes).toHaveLength(1);
    const all = await api.get("/v1/routes");
    const tag = { "if-none-match": all.headers.get("etag") ?? "" };
    expect((await api.get("/v1/routes", tag)).status).toBe(304);
    await api.send("DELETE", "/v1/routes/a");
    expect((await api.get("/v1/routes", tag)).status).toBe(200);
    expect((await api.get("/v1/routes")).body.revision).toBeGreaterThan(all.body.revision);
  });

  test("they are there after a restart, with their revisions", async () => {
    const { body } = await api.put(FRONT, front());
    await api.put("/v1/routes/gone", front({ domains: ["gone"] }));
    await api.send("DELETE", "/v1/routes/gone");
    const restarted = new RouteBook({
      store: api.store,
      services: api.registry.services,
      logger: silentLogger,
      metrics: noMetrics,
      hashes: () => false,
    });
    await restarted.start();
    expect([...restarted.routes.entries()].map(([, route]) => route)).toEqual([body]);
    expect(restarted.revision()).toBeGreaterThanOrEqual(api.routes.revision());
  });

  test("a store that is away refuses writes and changes nothing", async () => {
    await api.put(FRONT, front());
    api.store.failure = "ERR_STORE_UNAVAILABLE";
    pointersOf(await api.put(FRONT, front({ domains: ["x"] })), 503, "ERR_STORE_UNAVAILABLE");
    pointersOf(await api.send("DELETE", FRONT), 503, "ERR_STORE_UNAVAILABLE");
    expect((await api.get(FRONT)).body.route.domains).toEqual(["front.example"]);
    api.store.failure = undefined;
    expect((await api.put(FRONT, front({ domains: ["x"] }))).status).toBe(200);
  });
});

describe("what is refused", () => {
  test("unknown services, each with its place; those that carry TCP", async () => {
    await api.put("/v1/services/database", { protocol: "tcp" });
    const rules = [
      { to: "none" },
      { to: [{ service: "shop" }, { service: "no-canary" }] },
      { to: "shop", mirror: { service: "no-mirror" } },
      { to: "database" },
    ];
    expect(pointersOf(await api.put(FRONT, front({ rules })), 422, "ERR_INVALID_REQUEST")).toEqual([
      "/rules/0/to",
      "/rules/1/to/1/service",
      "/rules/2/mirror/service",
      "/rules/3/to",
    ]);
  });

  test("what would do nothing: a key that nobody hashes, a try as long as the request; a split must say its key", async () => {
    await api.put("/v1/services/carts", { algorithm: "consistent-hash", hashPolicy: [{ header: "x-user" }] });
    const hashPolicy = [{ header: "x-user" }];
    const split = [{ service: "shop" }, { service: "carts" }];
    const rules = [
      { to: "shop", hashPolicy },
      { to: "carts", hashPolicy: [{ sourceIp: true }, { header: "x-user" }] },
      { to: split },
      { to: "shop", timeouts: { requestMs: 100 }, retry: { on: ["reset"], statusCodes: [], perTryTimeoutMs: 100 } },
      { to: "shop", retry: { on: ["reset"], statusCodes: [502] } },
      { to: "carts" },
      { to: split, hashPolicy },
      { to: "shop", retry: { on: ["reset"], perTryTimeoutMs: 100 } },
    ];
    expect(pointersOf(await api.put(FRONT, front({ rules })), 422, "ERR_INVALID_REQUEST")).toEqual([
      "/rules/0/hashPolicy",
      "/rules/1/hashPolicy/1",
      "/rules/2/hashPolicy",
      "/rules/3/retry/perTryTimeoutMs",
      "/rules/4/retry/statusCodes",
    ]);
    expect((await api.put(FRONT, front({ rules: rules.slice(5) }))).status).toBe(201);
  });

  test("a domain that another route has, in whatever case; wildcards are domains of their own", async () => {
    await api.put(FRONT, front({ domains: ["shop.example", "*.example"] }));
    const other = front({ domains: ["a.example", "SHOP.example", "*.Example"] });
    const reply = await api.put("/v1/routes/other", other);
    expect(pointersOf(reply, 409, "ERR_DOMAIN_CONFLICT")).toEqual(["/domains/1", "/domains/2"]);
    expect(reply.body.detail).toContain("route front has shop.example");
    expect((await api.put("/v1/routes/other", front({ domains: ["a.example", "shop.*", "*"] }))).status).toBe(201);
  });

  test("of two routes that ask for one domain at the same time, one is", async () => {
    const replies = await Promise.all(
      ["a", "b", "c"].map((name) => api.put(`/v1/routes/${name}`, front({ domains: ["*"] }))),
    );
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409]);
  });

  test("bodies that are no route, names that are none, one route too many", async () => {
    expect(pointersOf(await api.put(FRONT, {}), 422, "ERR_INVALID_REQUEST")).toEqual(["/domains", "/rules"]);
    const regex = "(?=x)";
    const bad = front({ rules: [{ to: "shop" }, { match: { path: { regex } }, to: "shop" }], tls: {} });
    expect(pointersOf(await api.put(FRONT, bad), 422, "ERR_INVALID_REQUEST").toSorted()).toEqual([
      "/rules/1/match/path/regex",
      "/tls",
    ]);
    expect(pointersOf(await api.put("/v1/routes/Front", front()), 422, "ERR_INVALID_REQUEST")).toEqual(["/name"]);
    for (const name of ["a", "b", "c", "d"]) await api.put(`/v1/routes/${name}`, front({ domains: [name] }));
    pointersOf(await api.put("/v1/routes/e", front({ domains: ["e"] })), 403, "ERR_QUOTA_EXCEEDED");
  });
});

describe("services that are named", () => {
  test("cannot be deleted while a route or a failover names them", async () => {
    await api.put(FRONT, front({ rules: [{ to: "shop", mirror: { service: "audit" } }] }));
    await api.put("/v1/services/carts", { failover: { services: ["shop"] } });
    const reply = await api.send("DELETE", "/v1/services/shop");
    pointersOf(reply, 409, "ERR_SERVICE_IN_USE");
    expect(reply.body.detail).toBe("shop is named by: failover of carts, route front");
    pointersOf(await api.send("DELETE", "/v1/services/audit"), 409, "ERR_SERVICE_IN_USE");
    await api.send("DELETE", FRONT);
    expect((await api.send("DELETE", "/v1/services/audit")).status).toBe(204);
    await api.put("/v1/services/carts", {});
    expect((await api.send("DELETE", "/v1/services/shop")).status).toBe(204);
  });

  test("may still go with their last lease: the route stays, and can be put again as it is", async () => {
    await api.put(FRONT, front());
    api.registry.services.delete(parseServiceName("shop"));
    expect((await api.put(FRONT, front())).status).toBe(200);
    pointersOf(await api.put(FRONT, front({ domains: ["x"] })), 422, "ERR_INVALID_REQUEST");
  });

  test("failover to unknown services and in circles is refused with its place", async () => {
    const failoverTo = (...services: string[]) => ({ failover: { services } });
    expect(
      pointersOf(await api.put("/v1/services/carts", failoverTo("shop", "none")), 422, "ERR_INVALID_REQUEST"),
    ).toEqual(["/failover/services/1"]);
    expect((await api.put("/v1/services/carts", failoverTo("shop"))).status).toBe(201);
    const circle = await api.put("/v1/services/shop", failoverTo("audit", "carts"));
    expect(pointersOf(circle, 422, "ERR_INVALID_REQUEST")).toEqual(["/failover/services/1"]);
    expect(circle.body.detail).toContain("shop → carts → shop");
  });

  test("of two failovers that close a circle together, one is refused however close they come", async () => {
    const replies = await Promise.all([
      api.put("/v1/services/shop", { failover: { services: ["audit"] } }),
      api.put("/v1/services/audit", { failover: { services: ["shop"] } }),
    ]);
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 422]);
  });
});
