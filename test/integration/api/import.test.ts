// Endpoints that are known elsewhere, taken over as instances in one step.
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { ApiHarness, pointersOf, spec } from "./harness.js";

const IMPORT = "/v1/services/orders/instances:import";
let api: ApiHarness;

beforeEach(async () => {
  api = new ApiHarness();
  await api.start();
});

afterEach(() => api.stop());

const endpoint = (address: string, more: object = {}): object => ({
  endpoint: { address: { socket_address: { address, port_value: 80 } } },
  ...more,
});
const assignment = (...lbEndpoints: readonly object[]): object => ({
  cluster_name: "orders",
  endpoints: [{ lb_endpoints: lbEndpoints }],
});
const send = (body: unknown, query = "") => api.send("POST", IMPORT + query, { body });
const instances = async () => (await api.get("/v1/services/orders/instances")).body.instances;
const counts = (created: number, changed: number, unchanged: number, removed: number) => ({
  status: 200,
  body: expect.objectContaining({ service: "orders", created, changed, unchanged, removed }),
});

test("address, place, priority, health, metadata and weight come from the assignment", async () => {
  const reply = await send({
    cluster_name: "orders",
    endpoints: [
      {
        locality: { region: "eu", zone: "a", sub_zone: "r1" },
        priority: 1,
        lb_endpoints: [
          endpoint("10.0.0.1", {
            load_balancing_weight: 200_000,
            health_status: "DEGRADED",
            metadata: {
              filter_metadata: { "envoy.lb": { version_of: "v2", canary: true, nested: {} }, other: { a: "b" } },
            },
          }),
        ],
      },
      { lb_endpoints: [endpoint("::1", { load_balancing_weight: 100_000, health_status: 3 })] },
    ],
    policy: { overprovisioning_factor: 140 },
  });
  expect(reply).toMatchObject(counts(2, 0, 0, 0));
  const [first, second] = await instances();
  expect(first).toMatchObject({
    id: "10.0.0.1:80",
    address: "10.0.0.1",
    port: 80,
    weight: 65_535,
    priority: 1,
    health: "DEGRADED",
    locality: { region: "eu", zone: "a", subZone: "r1" },
    metadata: { version_of: "v2", canary: "true" },
    imported: true,
    lease: { state: "live" },
  });
  expect(second).toMatchObject({ id: "::1@80", weight: 32_768, priority: 0, health: "DRAINING", metadata: {} });
});

test("both spellings of proto JSON mean the same, down to numbers as strings", async () => {
  await send(assignment(endpoint("10.0.0.1", { health_status: "UNHEALTHY", load_balancing_weight: 7 })));
  const camel = {
    clusterName: "orders",
    endpoints: [
      {
        lbEndpoints: [
          {
            endpoint: { address: { socketAddress: { address: "10.0.0.1", portValue: "80" } } },
            healthStatus: "UNHEALTHY",
            loadBalancingWeight: "7",
          },
        ],
      },
    ],
  };
  expect(await send(camel)).toMatchObject(counts(0, 0, 1, 0));
  expect((await instances())[0]).toMatchObject({ weight: 7, health: "UNHEALTHY" });
});

test("an import replaces what earlier ones brought, in one revision, and leaves registrations alone", async () => {
  await api.put("/v1/services/orders/instances/own", spec());
  await send(assignment(endpoint("10.0.1.1"), endpoint("10.0.1.2")));
  const sizes = new Set<number>();
  api.registry.services.subscribe((changes) => {
    for (const snapshot of changes.values()) if (snapshot) sizes.add(snapshot.instances.length);
  });
  const reply = await send(
    assignment(endpoint("10.0.1.2", { health_status: "DRAINING" }), endpoint("10.0.1.3"), endpoint("10.0.1.4")),
  );
  expect(reply).toMatchObject(counts(2, 1, 0, 1));
  expect((await instances()).map(({ id, health }: { id: string; health: string }) => [id, health])).toEqual([
    ["10.0.1.2:80", "DRAINING"],
    ["10.0.1.3:80", "HEALTHY"],
    ["10.0.1.4:80", "HEALTHY"],
    ["own", "HEALTHY"],
  ]);
  expect([...sizes].filter((size) => size !== 3)).toEqual([4]); // three before, four after, and nothing in between
});

test("an import without endpoints does not empty the service, unless it is told to", async () => {
  await send(assignment(endpoint("10.0.0.1")));
  pointersOf(await send(assignment()), 409, "ERR_WOULD_EMPTY_SERVICE");
  expect(await instances()).toHaveLength(1);
  expect(await send({}, "?allowEmpty=true")).toMatchObject(counts(0, 0, 0, 1));
  expect(await instances()).toEqual([]);
});

test("an instance that registered itself is not taken over, and then nothing is", async () => {
  await api.put("/v1/services/orders/instances/own", spec({ address: "10.0.0.2", port: 80 }));
  pointersOf(await send(assignment(endpoint("10.0.0.1"), endpoint("10.0.0.2"))), 409, "ERR_ADDRESS_CONFLICT");
  expect((await instances()).map(({ id }: { id: string }) => id)).toEqual(["own"]);
});

test("what is beyond the quota is refused as a whole, and may be tried again", async () => {
  const six = Array.from({ length: 6 }, (_, i) => endpoint(`10.0.0.${i + 1}`));
  pointersOf(await send(assignment(...six)), 403, "ERR_QUOTA_EXCEEDED");
  expect((await api.get("/v1/services/orders/instances")).status).toBe(404);
  expect(await send(assignment(...six.slice(1)))).toMatchObject(counts(5, 0, 0, 0));
});

test("an import that the store does not take changes nothing", async () => {
  await send(assignment(endpoint("10.0.0.1")));
  api.store.failure = "ERR_STORE_UNAVAILABLE";
  pointersOf(await send(assignment(endpoint("10.0.0.2"))), 503, "ERR_STORE_UNAVAILABLE");
  api.store.failure = undefined;
  expect((await instances()).map(({ id }: { id: string }) => id)).toEqual(["10.0.0.1:80"]);
  expect(await send(assignment(endpoint("10.0.0.2")))).toMatchObject(counts(1, 0, 0, 1));
});

test("nobody beats for an imported instance; a process that does registers and takes it over", async () => {
  await send(assignment(endpoint("10.0.0.1")));
  const own = "/v1/services/orders/instances/10.0.0.1:80";
  pointersOf(await api.put(`${own}/heartbeat`, {}), 404, "ERR_UNKNOWN_INSTANCE");
  const reply = await api.put(own, spec({ address: "10.0.0.1", port: 80 }));
  expect(reply.status).toBe(200);
  expect(reply.body).not.toHaveProperty("imported");
  expect((await api.put(`${own}/heartbeat`, {})).status).toBe(200);
});

test.each([
  ["/endpoints/0/lb_endpoints/0/endpoint", assignment({})],
  ["/endpoints/0/lb_endpoints/0/endpoint/address/socket_address/address", assignment(endpoint("shop.internal"))],
  ["/endpoints/0/lb_endpoints/0/load_balancing_weight", assignment(endpoint("10.0.0.1", { load_balancing_weight: 0 }))],
  ["/endpoints/0/lb_endpoints/0/health_status", assignment(endpoint("10.0.0.1", { health_status: "FINE" }))],
  ["/endpoints/0/lb_endpoints/0/endpoint_name", assignment(endpoint("10.0.0.1", { endpoint_name: "x" }))],
  ["/endpoints/0/lb_endpoints/1/endpoint/address", assignment(endpoint("10.0.0.1"), endpoint("10.0.0.1"))],
  ["/endpoints/0/leds_cluster_locality_config", { endpoints: [{ leds_cluster_locality_config: {} }] }],
  ["/endpoints/0/priority", { endpoints: [{ priority: 129 }] }],
  ["/endpoints", { endpoints: {} }],
])("a bad assignment is refused: %s", async (pointer, body) => {
  expect(pointersOf(await send(body), 422, "ERR_INVALID_REQUEST")).toEqual([pointer]);
});

test("more than 1,000 endpoints are refused, in one group or in many", async () => {
  const many = Array.from({ length: 1_001 }, (_, i) => endpoint(`10.0.${i >> 8}.${i & 255}`));
  expect(pointersOf(await send(assignment(...many)), 422, "ERR_INVALID_REQUEST")).toEqual([
    "/endpoints/0/lb_endpoints",
  ]);
  const groups = [many.slice(0, 500), many.slice(500)].map((each) => ({ lb_endpoints: each }));
  expect(pointersOf(await send({ endpoints: groups }), 422, "ERR_INVALID_REQUEST")).toEqual([""]);
});
