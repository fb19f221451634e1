// Services and policies, weights and explanations, nodes, algorithms, and the OpenAPI document.
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { ROUTES } from "../../../src/api/routes.js";
import { WEIGHT_POLICIES } from "../../../src/balancers/registry.js";
import { LEAST_REQUEST } from "../../../src/model/enforcement.js";
import { parseInstanceId, parseServiceName } from "../../../src/model/ids.js";
import { ApiHarness, pointersOf, spec } from "./harness.js";
import { explanationOf, nodeOf, planOf } from "./samples.js";

const ORDERS = "/v1/services/orders";
let api: ApiHarness;

beforeEach(async () => {
  api = new ApiHarness();
  await api.start();
});

afterEach(() => api.stop());

describe("policy", () => {
  test("PUT declares, changes, and is idempotent", async () => {
    const created = await api.put(ORDERS, { algorithm: "round-robin" });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      service: "orders",
      declared: true,
      instances: 0,
      healthy: 0,
      policy: { algorithm: "round-robin", protocol: "http1" },
    });
    const again = await api.put(ORDERS, { algorithm: "round-robin" });
    expect([again.status, again.body.revision]).toEqual([200, created.body.revision]);
    expect((await api.send("PUT", "/v1/services/other")).body.policy.algorithm).toBe("adaptive");
    pointersOf(await api.put(ORDERS, {}, { "if-match": '"99"' }), 412, "ERR_REVISION_MISMATCH");
    pointersOf(await api.put(ORDERS, {}, { "if-none-match": "*" }), 409, "ERR_ALREADY_EXISTS");
  });

  test("an unknown algorithm is refused with the names that exist", async () => {
    const reply = await api.put(ORDERS, { algorithm: "fastest" });
    expect(pointersOf(reply, 422, "ERR_UNKNOWN_POLICY")).toEqual(["/algorithm"]);
    const names = WEIGHT_POLICIES.map(({ name }) => name).toSorted();
    expect(names).toContain("adaptive");
    expect(reply.body.detail).toBe(`no algorithm "fastest"; there are: ${names.join(", ")}`);
  });

  test("settings are those of the algorithm", async () => {
    expect((await api.put(ORDERS, { settings: { tauMs: 6_000 } })).status).toBe(201);
    expect(pointersOf(await api.put(ORDERS, { settings: { tauMs: 2 } }), 422, "ERR_INVALID_REQUEST")).toEqual([
      "/settings/tauMs",
    ]);
    expect(pointersOf(await api.put(ORDERS, { settings: { tau: 1 } }), 422, "ERR_INVALID_REQUEST")).toEqual([
      "/settings/tau",
    ]);
    expect(pointersOf(await api.put(ORDERS, { timeouts: { connectMs: 0 } }), 422, "ERR_INVALID_REQUEST")).toEqual([
      "/timeouts/connectMs",
    ]);
  });

  test("what would do nothing, or could not be done, is refused where it stands", async () => {
    const refused = await api.put(ORDERS, { algorithm: "consistent-hash" });
    expect(pointersOf(refused, 422, "ERR_INVALID_REQUEST")).toEqual(["/hashPolicy"]);
    const policy = { algorithm: "consistent-hash", hashPolicy: [{ header: "X-User" }] };
    const { status, body } = await api.put(ORDERS, policy);
    expect([status, body.policy.hashPolicy]).toEqual([201, [{ header: "x-user" }]]);
  });

  test("read, list, delete", async () => {
    await api.put(`${ORDERS}/instances/a`, spec());
    await api.put(`${ORDERS}/instances/b`, spec({ port: 2, status: "starting" }));
    await api.put("/v1/services/billing", {});
    const one = await api.get(ORDERS);
    expect(one.body).toMatchObject({ declared: false, instances: 2, healthy: 1 });
    expect((await api.get(ORDERS, { "if-none-match": one.headers.get("etag") ?? "" })).status).toBe(304);
    const list = await api.get("/v1/services");
    expect(list.body.services.map((entry: { service: string }) => entry.service)).toEqual(["billing", "orders"]);
    expect((await api.get("/v1/services?limit=1")).body.nextCursor).toBe("billing");
    const stale = { headers: { "if-match": '"999"' } };
    pointersOf(await api.send("DELETE", "/v1/services/billing", stale), 412, "ERR_REVISION_MISMATCH");
    expect((await api.send("DELETE", "/v1/services/billing", { headers: { "if-match": "*" } })).status).toBe(204);
    await api.put("/v1/services/billing", {});
    pointersOf(await api.put("/v1/services/billing", {}, { "if-none-match": "*" }), 409, "ERR_ALREADY_EXISTS");
    expect((await api.send("DELETE", "/v1/services/billing")).status).toBe(204);
    expect((await api.send("DELETE", "/v1/services/billing")).status).toBe(204);
    pointersOf(await api.get("/v1/services/billing"), 404, "ERR_UNKNOWN_SERVICE");
    expect((await api.send("DELETE", ORDERS)).status).toBe(204);
    expect((await api.get(ORDERS)).body.instances).toBe(2);
  });
});

describe("owner of a key", () => {
  const owner = (key: string) => api.get(`${ORDERS}/owner?key=${encodeURIComponent(key)}`);

  test("is an instance, in the table that proxies make", async () => {
    await api.put(`${ORDERS}/instances/a`, spec());
    await api.put(`${ORDERS}/instances/b`, spec({ address: "10.0.0.2" }));
    api.publish(
      planOf("orders", [
        { id: "a", weight: 1, share: 0.001 },
        { id: "b", weight: 1_000_000, share: 0.999 },
      ]),
    );
    const { status, body } = await owner("Ünïcode & spaces");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      service: "orders",
      key: "Ünïcode & spaces",
      instance: "b",
      instanceService: "orders",
      address: "10.0.0.2",
      port: 8080,
      priority: 0,
      health: "HEALTHY",
      table: "maglev",
      slots: 1_009,
      hosts: 2,
      revision: 7,
    });
    expect((await owner("Ünïcode & spaces")).body).toEqual(body);
    // Another plan is another table.
    api.publish(planOf("orders", [{ id: "a", weight: 100, share: 1 }]));
    expect((await owner("Ünïcode & spaces")).body).toMatchObject({ instance: "a", hosts: 1 });
  });

  test("is not there without a service, instances, or an algorithm that hashes", async () => {
    pointersOf(await owner("k"), 404, "ERR_UNKNOWN_SERVICE");
    await api.put(`${ORDERS}/instances/a`, spec());
    const detailOf = async () => {
      const reply = await owner("k");
      pointersOf(reply, 409, "ERR_NO_OWNER");
      return reply.body.detail;
    };
    expect(await detailOf()).toBe("orders has no instances yet");
    api.publish(planOf("orders", []));
    expect(await detailOf()).toBe("no instance of orders takes traffic");
    api.publish(planOf("orders", [{ id: "a", weight: 1, share: 1 }]), 5_000_011);
    expect(await detailOf()).toBe("the table of orders has 5000011 slots, too many to make it here (300000)");
    const [orders, published] = [parseServiceName("orders"), api.published.get(parseServiceName("orders"))];
    if (published) api.published.set(orders, { ...published, enforcement: LEAST_REQUEST });
    expect(await detailOf()).toBe("the algorithm of orders does not hash");
  });

  test("needs one key of bounded length", async () => {
    for (const query of ["", "?key=", "?key=a&key=b", `?key=${"x".repeat(1_025)}`]) {
      pointersOf(await api.get(`${ORDERS}/owner${query}`), 422, "ERR_INVALID_REQUEST");
    }
  });
});

describe("weights", () => {
  const orders = parseServiceName("orders");

  test("before the first plan the service is there without endpoints", async () => {
    pointersOf(await api.get(`${ORDERS}/weights`), 404, "ERR_UNKNOWN_SERVICE");
    await api.put(`${ORDERS}/instances/a`, spec());
    expect((await api.get(`${ORDERS}/weights`)).body).toEqual({
      service: "orders",
      revision: 0,
      mode: "normal",
      levels: [],
      policy: "adaptive",
      signalMode: "N",
      endpoints: [],
    });
  });

  test("the plan with measured shares, load and reasons", async () => {
    await api.put(`${ORDERS}/instances/a`, spec());
    api.plans.store(
      orders,
      planOf("orders", [
        { id: "a", weight: 300, share: 0.75, rps: 60 },
        { id: "b", weight: 100, share: 0.25, rps: 40, reasons: ["slow: 200 ms against 20 ms"] },
      ]),
    );
    const { body } = await api.get(`${ORDERS}/weights`);
    expect(body).toMatchObject({ service: "orders", revision: 7, mode: "normal", policy: "adaptive", signalMode: "L" });
    expect(body.endpoints[1]).toMatchObject({
      instance: "b",
      address: "10.0.0.2",
      port: 8080,
      weight: 100,
      share: 0.25,
      measuredShare: 0.4,
      health: "HEALTHY",
      reasons: ["slow: 200 ms against 20 ms"],
    });
    expect(body.endpoints[1].load).toMatchObject({
      rps: 40,
      latencyMs: 20,
      latencySource: "envoy",
      ageMs: 300,
      confidence: 0.9,
    });
    expect(body.endpoints[1].load).not.toHaveProperty("instance");
  });

  test("without completions no share is measured", async () => {
    await api.put(`${ORDERS}/instances/a`, spec());
    api.plans.store(orders, { ...planOf("orders", [{ id: "a", weight: 1, share: 1 }]), enforcement: LEAST_REQUEST });
    expect((await api.get(`${ORDERS}/weights`)).body.endpoints[0]).not.toHaveProperty("measuredShare");
  });

  test("the explanation: factors whose product is the share, load, history", async () => {
    await api.put(`${ORDERS}/instances/a`, spec());
    pointersOf(await api.get(`${ORDERS}/instances/a/explanation`), 404, "ERR_UNKNOWN_INSTANCE");
    const explanation = explanationOf("orders", "a");
    api.explanations.set("orders/a", explanation);
    const { body } = await api.get(`${ORDERS}/instances/${parseInstanceId("a")}/explanation`);
    expect(body).toMatchObject({
      service: "orders",
      instance: "a",
      share: 0.05,
      fairShare: 0.2,
      measuredShare: 0.06,
      enforcement: explanation.enforcement,
      history: explanation.history,
    });
    const product = body.factors.reduce((value: number, factor: { value: number }) => value * factor.value, 1);
    expect(product).toBeCloseTo(body.share, 6);
    pointersOf(await api.get("/v1/services/none/instances/a/explanation"), 404, "ERR_UNKNOWN_SERVICE");
  });
});

describe("nodes, algorithms and the document", () => {
  test("nodes as the engine tells of them, and one by its id", async () => {
    api.nodes = [nodeOf("edge-2", "SYNCED"), nodeOf("edge/1", "NACKED")];
    expect((await api.get("/v1/nodes")).body.nodes.map((node: { id: string }) => node.id)).toEqual([
      "edge-2",
      "edge/1",
    ]);
    const one = (await api.get("/v1/nodes/edge%2F1")).body;
    expect(one.types[0]).toMatchObject({ state: "NACKED", ackedVersion: "v1", error: { message: "no such cluster" } });
    pointersOf(await api.get("/v1/nodes/edge-3"), 404, "ERR_UNKNOWN_NODE");
  });

  test("algorithms come with their settings", async () => {
    const { body } = await api.get("/v1/algorithms");
    expect(body.default).toBe("adaptive");
    expect(body.algorithms[0]).toMatchObject({
      name: "adaptive",
      settings: { properties: { tauMs: { type: "number", maximum: 60_000 } } },
    });
  });

  test("/openapi.json lists every route with its schemas", async () => {
    const { body } = await api.get("/openapi.json");
    expect(body.openapi).toBe("3.1.0");
    for (const route of ROUTES) expect(body.paths[route.path][route.method].operationId).toBe(route.id);
    const refs = [...JSON.stringify(body).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
    expect(refs).toContain("InstanceRegistration");
    for (const name of refs) expect(Object.keys(body.components.schemas)).toContain(name);
    expect(body.components.schemas.InstanceRegistration.properties.port).toMatchObject({ minimum: 1, maximum: 65_535 });
  });
});
