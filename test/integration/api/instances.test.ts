// Registrations over HTTP: idempotent PUT, tags, conditional writes, lists, leases, drain and admin state.
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { ApiHarness, pointersOf, spec } from "./harness.js";

const A = "/v1/services/orders/instances/a";
let api: ApiHarness;

beforeEach(async () => {
  api = new ApiHarness();
  await api.start();
});

afterEach(() => api.stop());

describe("PUT", () => {
  test("answers 201 with the whole record, its lease, its tag and its place", async () => {
    const reply = await api.put(A, spec({ weight: 200, metadata: { version: "1.2.3" }, generation: "g1" }));
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({
      service: "orders",
      id: "a",
      address: "10.0.0.1",
      port: 8080,
      weight: 200,
      metadata: { version: "1.2.3" },
      ttlSeconds: 30,
      deregisterAfterSeconds: 600,
      status: "ready",
      health: "HEALTHY",
      degraded: false,
      lease: { state: "live", ttlSeconds: 30, heartbeatAfterMs: expect.any(Number) },
    });
    expect(Date.parse(reply.body.lease.expiresAt)).toBeGreaterThan(Date.now() + 20_000);
    expect(reply.headers.get("etag")).toBe(`"${reply.body.revision}"`);
    expect(reply.headers.get("location")).toBe(A);
    expect(reply.headers.get("cache-control")).toBe("no-store");
  });

  test("is idempotent: the same body again changes no revision, another body does", async () => {
    const first = await api.put(A, spec());
    const again = await api.put(A, spec());
    const changed = await api.put(A, spec({ weight: 50 }));
    expect([first.status, again.status, changed.status]).toEqual([201, 200, 200]);
    expect(again.body.revision).toBe(first.body.revision);
    expect(changed.body.revision).toBeGreaterThan(first.body.revision);
  });

  test("If-None-Match: * creates only", async () => {
    expect((await api.put(A, spec(), { "if-none-match": "*" })).status).toBe(201);
    pointersOf(await api.put(A, spec({ weight: 1 }), { "if-none-match": "*" }), 409, "ERR_ALREADY_EXISTS");
    expect(pointersOf(await api.put(A, spec(), { "if-none-match": '"1"' }), 422, "ERR_INVALID_REQUEST")).toEqual([
      "/headers/if-none-match",
    ]);
  });

  test("If-Match compares and sets", async () => {
    const { body } = await api.put(A, spec());
    expect((await api.put(A, spec({ weight: 7 }), { "if-match": `"${body.revision}"` })).status).toBe(200);
    pointersOf(
      await api.put(A, spec({ weight: 8 }), { "if-match": `"${body.revision}"` }),
      412,
      "ERR_REVISION_MISMATCH",
    );
    expect((await api.put(A, spec({ weight: 9 }), { "if-match": "*" })).status).toBe(200);
    pointersOf(await api.put(`${A}2`, spec({ port: 1 }), { "if-match": "*" }), 412, "ERR_REVISION_MISMATCH");
    for (const tag of ["5", 'W/"5"', '"5", "6"', '"x"']) {
      expect(pointersOf(await api.put(A, spec(), { "if-match": tag }), 422, "ERR_INVALID_REQUEST")).toEqual([
        "/headers/if-match",
      ]);
    }
  });

  test("two generations conflict unless the newer takes over", async () => {
    await api.put(A, spec({ generation: "old" }));
    pointersOf(await api.put(A, spec({ generation: "new" })), 409, "ERR_GENERATION_CONFLICT");
    expect((await api.put(`${A}?takeover=true`, spec({ generation: "new" }))).status).toBe(200);
    expect(pointersOf(await api.put(`${A}?takeover=maybe`, spec()), 422, "ERR_INVALID_REQUEST")).toEqual([
      "/query/takeover",
    ]);
  });

  test("a service takes no more instances than its quota", async () => {
    for (let port = 1; port <= 5; port++) await api.put(`/v1/services/orders/instances/i${port}`, spec({ port }));
    pointersOf(await api.put(A, spec({ port: 6 })), 403, "ERR_QUOTA_EXCEEDED");
  });

  test("two instances cannot share an address", async () => {
    await api.put(A, spec());
    pointersOf(await api.put("/v1/services/orders/instances/b", spec()), 409, "ERR_ADDRESS_CONFLICT");
  });
});

describe("PATCH", () => {
  test("needs If-Match and changes single fields", async () => {
    const { headers } = await api.put(A, spec());
    pointersOf(await api.send("PATCH", A, { body: { weight: 5 } }), 428, "ERR_PRECONDITION_REQUIRED");
    const tag = headers.get("etag") ?? "";
    const patched = await api.send("PATCH", A, {
      body: { weight: 5 },
      headers: { "if-match": tag, "content-type": "application/merge-patch+json" },
    });
    expect(patched.body).toMatchObject({ weight: 5, port: 8080 });
    pointersOf(
      await api.send("PATCH", A, { body: { weight: 6 }, headers: { "if-match": tag } }),
      412,
      "ERR_REVISION_MISMATCH",
    );
    expect((await api.send("PATCH", A, { body: { weight: 6 }, headers: { "if-match": "*" } })).status).toBe(200);
    expect(
      pointersOf(
        await api.send("PATCH", A, { body: { port: 1 }, headers: { "if-match": "*" } }),
        422,
        "ERR_INVALID_REQUEST",
      ),
    ).toEqual(["/port"]);
    pointersOf(
      await api.send("PATCH", `${A}x`, { body: {}, headers: { "if-match": "*" } }),
      404,
      "ERR_UNKNOWN_INSTANCE",
    );
  });
});

describe("GET and DELETE", () => {
  test("reading answers 304 while the tag holds", async () => {
    await api.put(A, spec());
    const first = await api.get(A);
    const tag = first.headers.get("etag") ?? "";
    expect((await api.get(A, { "if-none-match": `"0", W/${tag}` })).status).toBe(304);
    await api.put(A, spec({ weight: 3 }));
    expect((await api.get(A, { "if-none-match": tag })).status).toBe(200);
    expect(first.body.lease).toEqual({ state: "live", ttlSeconds: 30 });
  });

  test("what is unknown is named: first the service, then the instance", async () => {
    pointersOf(await api.get(A), 404, "ERR_UNKNOWN_SERVICE");
    await api.put(A, spec());
    const reply = await api.get(`${A}b`);
    pointersOf(reply, 404, "ERR_UNKNOWN_INSTANCE");
    expect(reply.body).toMatchObject({
      type: "https://steelyard.dev/problems/unknown-instance",
      instance: `${A}b`,
      title: "No such instance",
    });
  });

  test("deleting is idempotent, and conditional when asked", async () => {
    expect((await api.send("DELETE", A)).status).toBe(204);
    await api.put(A, spec({ generation: "g" }));
    pointersOf(await api.send("DELETE", A, { headers: { "if-match": '"999"' } }), 412, "ERR_REVISION_MISMATCH");
    pointersOf(await api.send("DELETE", `${A}?generation=h`), 409, "ERR_GENERATION_CONFLICT");
    expect((await api.send("DELETE", `${A}?generation=g`)).status).toBe(204);
    pointersOf(await api.get(A), 404, "ERR_UNKNOWN_INSTANCE");
  });

  test("lists are sorted, filtered, paged and tagged", async () => {
    for (const [index, id] of ["c", "a", "b"].entries()) {
      await api.put(
        `/v1/services/orders/instances/${id}`,
        spec({
          port: 9_000 + index,
          locality: { zone: id === "b" ? "z2" : "z1" },
          status: id === "c" ? "starting" : "ready",
        }),
      );
    }
    const ids = async (query: string): Promise<string[]> =>
      (await api.get(`/v1/services/orders/instances${query}`)).body.instances.map(
        (instance: { id: string }) => instance.id,
      );
    expect(await ids("")).toEqual(["a", "b", "c"]);
    expect(await ids("?zone=z1")).toEqual(["a", "c"]);
    expect(await ids("?status=starting")).toEqual(["c"]);
    const page = await api.get("/v1/services/orders/instances?limit=2");
    expect(page.body.nextCursor).toBe("b");
    expect(await ids(`?limit=2&cursor=${page.body.nextCursor}`)).toEqual(["c"]);
    expect(
      (await api.get("/v1/services/orders/instances", { "if-none-match": page.headers.get("etag") ?? "" })).status,
    ).toBe(304);
    for (const limit of ["0", "1001", "x", "1&limit=2"]) {
      expect(
        pointersOf(await api.get(`/v1/services/orders/instances?limit=${limit}`), 422, "ERR_INVALID_REQUEST"),
      ).toEqual(["/query/limit"]);
    }
    expect(pointersOf(await api.get("/v1/services/orders/instances?zones=z1"), 422, "ERR_INVALID_REQUEST")).toEqual([
      "/query/zones",
    ]);
  });
});

describe("leases", () => {
  test("a heartbeat renews, with or without a body", async () => {
    await api.put(A, spec({ generation: "g" }));
    const reply = await api.send("PUT", `${A}/heartbeat`);
    expect(reply.body).toMatchObject({ heartbeatAfterMs: expect.any(Number), ttlSeconds: 30, degraded: false });
    expect((await api.put(`${A}/heartbeat`, { generation: "g", status: "ready" })).status).toBe(200);
    pointersOf(await api.put(`${A}/heartbeat`, { generation: "h" }), 409, "ERR_GENERATION_CONFLICT");
    pointersOf(await api.put(`${A}x/heartbeat`, {}), 404, "ERR_UNKNOWN_INSTANCE");
    expect(pointersOf(await api.put(`${A}/heartbeat`, { cpu: 1 }), 422, "ERR_INVALID_REQUEST")).toEqual(["/cpu"]);
  });

  test("a batch answers only for those that failed", async () => {
    await api.put(A, spec({ generation: "g" }));
    const instances = [
      { service: "orders", id: "a" },
      { service: "orders", id: "zz" },
      { service: "orders", id: "a", generation: "other" },
      { service: "orders", id: "a", generation: "g" },
    ];
    const reply = await api.send("POST", "/v1/heartbeats", { body: { instances } });
    expect(reply.body).toEqual({
      results: [
        { i: 1, code: "unknown" },
        { i: 2, code: "generation" },
      ],
      heartbeatAfterMs: expect.any(Number),
    });
    expect(await api.metrics.text()).toContain('steelyard_registry_heartbeats_total{result="ok"} 2');
  });

  test("a batch of 1000 passes, one more does not, and bad items are named", async () => {
    await api.put(A, spec());
    const items = (count: number): object => ({
      instances: Array.from({ length: count }, () => ({ service: "orders", id: "a" })),
    });
    expect((await api.send("POST", "/v1/heartbeats", { body: items(1_000) })).body.results).toEqual([]);
    expect(
      pointersOf(await api.send("POST", "/v1/heartbeats", { body: items(1_001) }), 422, "ERR_INVALID_REQUEST"),
    ).toEqual(["/instances"]);
    const bad = {
      instances: [
        { service: "orders", id: "a" },
        { service: "Orders!", id: "a" },
        { service: "orders", id: "a b" },
      ],
    };
    expect(pointersOf(await api.send("POST", "/v1/heartbeats", { body: bad }), 422, "ERR_INVALID_REQUEST")).toEqual([
      "/instances/1/service",
      "/instances/2/id",
    ]);
  });
});

describe("taking out of service", () => {
  test("drain answers 202 and where to look", async () => {
    await api.put(A, spec());
    const reply = await api.send("POST", `${A}/drain`, { body: { timeoutSeconds: 5 } });
    expect(reply.status).toBe(202);
    expect(reply.headers.get("location")).toBe(A);
    expect(reply.body).toMatchObject({ status: "draining", health: "DRAINING" });
    expect(
      pointersOf(await api.send("POST", `${A}/drain`, { body: { timeoutSeconds: -1 } }), 422, "ERR_INVALID_REQUEST"),
    ).toEqual(["/timeoutSeconds"]);
  });

  test("an operator's word wins and can be taken back", async () => {
    await api.put(A, spec());
    expect((await api.put(`${A}/admin-state`, { state: "maint" })).body).toMatchObject({
      adminState: "maint",
      health: "UNHEALTHY",
    });
    expect((await api.put(`${A}/admin-state`, { state: "ready" })).body).toMatchObject({
      adminState: "ready",
      health: "HEALTHY",
    });
    expect(pointersOf(await api.put(`${A}/admin-state`, { state: "off" }), 422, "ERR_INVALID_REQUEST")).toEqual([
      "/state",
    ]);
    pointersOf(await api.put(`${A}x/admin-state`, { state: "maint" }), 404, "ERR_UNKNOWN_INSTANCE");
  });
});
