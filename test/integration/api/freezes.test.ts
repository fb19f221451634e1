// Freezing a service over HTTP, and the load that comes with heartbeats.
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { parseServiceName } from "../../../src/model/ids.js";
import { ApiHarness, pointersOf, spec } from "./harness.js";
import { planOf } from "./samples.js";

const FREEZE = "/v1/services/orders/freeze";
const ORDERS = parseServiceName("orders");

let api: ApiHarness;

beforeEach(async () => {
  api = new ApiHarness();
  await api.start();
  await api.put("/v1/services/orders/instances/a", spec());
});

afterEach(() => api.stop());

describe("freeze", () => {
  test("with a reason and a ttl, told again, and lifted", async () => {
    const frozen = await api.put(FREEZE, { reason: "sale", ttlSeconds: 600 });
    expect(frozen.status).toBe(200);
    expect(frozen.body).toMatchObject({ service: "orders", reason: "sale" });
    expect(Date.parse(frozen.body.expiresAt) - Date.parse(frozen.body.frozenAt)).toBe(600_000);
    const again = await api.send("PUT", FREEZE);
    expect(again.body).toEqual({ service: "orders", reason: "", frozenAt: frozen.body.frozenAt });
    expect(api.freezes.freezes.get(ORDERS)).toMatchObject({ reason: "", expiresAtMs: undefined });
    expect((await api.send("DELETE", FREEZE)).status).toBe(204);
    expect((await api.send("DELETE", FREEZE)).status).toBe(204);
    expect(api.freezes.freezes.size).toBe(0);
  });

  test("of a service that does not exist is 404 both ways", async () => {
    pointersOf(await api.put("/v1/services/nobody/freeze", {}), 404, "ERR_UNKNOWN_SERVICE");
    pointersOf(await api.send("DELETE", "/v1/services/nobody/freeze"), 404, "ERR_UNKNOWN_SERVICE");
  });

  test.each([
    ["/ttlSeconds", { ttlSeconds: 0 }],
    ["/ttlSeconds", { ttlSeconds: 604_801 }],
    ["/ttlSeconds", { ttlSeconds: "600" }],
    ["/reason", { reason: "x".repeat(257) }],
    ["/reason", { reason: "a\u0007b" }],
    ["/ttl", { ttl: 600 }],
  ])("bad body at %s is refused: %j", async (pointer, body) => {
    expect(pointersOf(await api.put(FREEZE, body), 422, "ERR_INVALID_REQUEST")).toEqual([pointer]);
    expect(api.freezes.freezes.size).toBe(0);
  });

  test("that the store does not take is none", async () => {
    api.store.failure = "ERR_STORE_UNAVAILABLE";
    pointersOf(await api.put(FREEZE, {}), 503, "ERR_STORE_UNAVAILABLE");
    expect(api.freezes.freezes.size).toBe(0);
  });

  test("is shown with the weights, beside what the loop would send", async () => {
    const plan = planOf("orders", [{ id: "a", weight: 100, share: 1 }]);
    const [entry] = plan.entries;
    api.plans.store(ORDERS, {
      ...plan,
      mode: "frozen",
      freeze: { reason: "sale", frozenAtMs: 0, expiresAtMs: 60_000 },
      entries: entry === undefined ? [] : [{ ...entry, shadowShare: 0.5, shadowWeight: 7 }],
    });
    const { body } = await api.get("/v1/services/orders/weights");
    expect(body).toMatchObject({
      mode: "frozen",
      freeze: { reason: "sale", frozenAt: "1970-01-01T00:00:00.000Z", expiresAt: "1970-01-01T00:01:00.000Z" },
      endpoints: [{ instance: "a", weight: 100, share: 1, shadowShare: 0.5, shadowWeight: 7 }],
    });
  });
});

describe("load in a heartbeat", () => {
  const BEAT = "/v1/services/orders/instances/a/heartbeat";

  test("goes to the signals, alone and in batches; without it nothing does", async () => {
    await api.send("PUT", BEAT);
    expect(api.beats.size).toBe(0);
    expect((await api.put(BEAT, { load: { rps: 12.5, inFlight: 3, utilization: 0.4 } })).status).toBe(200);
    expect(api.beats.get("orders/a")).toEqual({ rps: 12.5, inFlight: 3, utilization: 0.4 });
    const batch = { instances: [{ service: "orders", id: "a", load: { utilization: 0.9 } }] };
    expect((await api.send("POST", "/v1/heartbeats", { body: batch })).body.results).toEqual([]);
    expect(api.beats.get("orders/a")).toEqual({ utilization: 0.9 });
  });

  test("of an instance that is not registered goes nowhere", async () => {
    const load = { utilization: 0.9 };
    pointersOf(await api.put("/v1/services/orders/instances/b/heartbeat", { load }), 404, "ERR_UNKNOWN_INSTANCE");
    const batch = { instances: [{ service: "orders", id: "b", load }] };
    expect((await api.send("POST", "/v1/heartbeats", { body: batch })).body.results).toEqual([
      { i: 0, code: "unknown" },
    ]);
    expect(api.beats.size).toBe(0);
  });

  test.each([
    ["/load/utilization", '{"load":{"utilization":10.1}}'],
    ["/load/utilization", '{"load":{"utilization":-0.1}}'],
    ["/load/utilization", '{"load":{"utilization":1e400}}'],
    ["/load/rps", '{"load":{"rps":null}}'],
    ["/load/inFlight", '{"load":{"inFlight":1000000001}}'],
    ["/load/cpu", '{"load":{"cpu":0.5}}'],
  ])("out of range or unknown at %s is refused: %s", async (pointer, raw) => {
    const reply = await api.send("PUT", BEAT, { raw, headers: { "content-type": "application/json" } });
    expect(pointersOf(reply, 422, "ERR_INVALID_REQUEST")).toEqual([pointer]);
    expect(api.beats.size).toBe(0);
  });
});
