// The registry when something breaks: the store, time, the process, the records, the network.
import { describe, expect, test } from "@jest/globals";
import { SteelyardError } from "../../../src/model/errors.js";
import { DEFAULT_SERVICE_POLICY } from "../../../src/model/service.js";
import { instanceKey } from "../../../src/registry/records.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import type { Labels, MetricSink } from "../../../src/runtime/metrics.js";
import { MemoryStore } from "../../../src/store/memory/memory-store.js";
import { id, instancesOf, makeRegistry, pass, service, settled, spec } from "./registry-fixture.js";

const code = (expected: string) => ({ code: expected });

async function withInstances(count: number, options: Parameters<typeof makeRegistry>[0] = {}) {
  const made = await makeRegistry(options);
  await Promise.all(
    Array.from({ length: count }, (_, index) => made.registry.register(service, id(index), spec(index))),
  );
  return made;
}

const leases = (registry: Awaited<ReturnType<typeof makeRegistry>>["registry"]) =>
  instancesOf(registry).map((instance) => instance.lease);

describe("store away", () => {
  test.each([
    ["down", "ERR_STORE_UNAVAILABLE"],
    ["full", "ERR_STORE_FULL"],
  ] as const)(
    "%s: beats count, new registrations are refused, and nobody is evicted in ten minutes",
    async (mode, expected) => {
      const { registry, clock, store } = await withInstances(3);
      const before = registry.services.get(service);
      store.mode = mode;
      expect(registry.heartbeat(service, id(0))).toMatchObject({ degraded: true });
      await expect(registry.register(service, id(9), spec(9))).rejects.toMatchObject(code(expected));
      await expect(registry.deregister(service, id(0))).rejects.toMatchObject(code(expected));
      await expect(registry.putService(service, { ...DEFAULT_SERVICE_POLICY, algorithm: "p2c" })).rejects.toMatchObject(
        code(expected),
      );
      expect((await registry.register(service, id(1), spec(1))).outcome).toBe("unchanged");
      await pass(registry, clock, 600);
      expect(registry.services.get(service)).toBe(before);
      store.mode = "up";
      expect(registry.heartbeat(service, id(0))).toMatchObject({ degraded: false });
      await pass(registry, clock, 25);
      expect(registry.services.get(service)).toBe(before);
    },
  );

  test("a drain that falls due meanwhile is done when the store is back", async () => {
    const { registry, clock, store } = await withInstances(2);
    await registry.drain(service, id(0), { timeoutMs: 1_000 });
    clock.advance(750);
    store.mode = "down";
    await pass(registry, clock, 60);
    expect(instancesOf(registry)).toHaveLength(2);
    store.mode = "up";
    await pass(registry, clock, 2);
    expect(instancesOf(registry)).toHaveLength(1);
  });

  test("a removal that the store refuses is tried again", async () => {
    const { registry, clock, store } = await withInstances(2);
    await registry.drain(service, id(0), { timeoutMs: 1_000 });
    store.mode = "lost"; // reports itself up
    await pass(registry, clock, 2);
    expect(instancesOf(registry)).toHaveLength(2);
    store.mode = "up";
    await pass(registry, clock, 4);
    expect(instancesOf(registry)).toHaveLength(1);
    expect(registry.tryHeartbeat(service, id(0))).toBe("unknown");
  });

  test("a status that could not be saved is saved later", async () => {
    const { registry, clock, store, restart } = await withInstances(1);
    store.mode = "down";
    registry.heartbeat(service, id(0), { status: "degraded" });
    await pass(registry, clock, 5);
    expect(instancesOf(registry)[0]?.health).toBe("DEGRADED");
    store.mode = "up";
    await pass(registry, clock, 1);
    expect(instancesOf(await restart())[0]?.status).toBe("degraded");
  });

  test("a write that was reported lost but had happened is found, and the next one goes on from there", async () => {
    const { registry, store, restart } = await withInstances(1);
    store.mode = "lost";
    await expect(registry.register(service, id(0), spec(0, { weight: 7 }))).rejects.toMatchObject(
      code("ERR_STORE_UNAVAILABLE"),
    );
    await expect(registry.register(service, id(5), spec(5))).rejects.toMatchObject(code("ERR_STORE_UNAVAILABLE"));
    expect(instancesOf(registry).map((instance) => instance.weight)).toEqual([100]);
    store.mode = "up";
    expect((await registry.register(service, id(0), spec(0, { weight: 8 }))).outcome).toBe("changed");
    expect((await registry.register(service, id(5), spec(5))).outcome).toBe("unchanged");
    expect(instancesOf(registry).map((instance) => instance.weight)).toEqual([8, 100]);
    expect(instancesOf(await restart())).toEqual(instancesOf(registry));
  });

  test("a deregistration that was reported lost but had happened is found", async () => {
    const { registry, store } = await withInstances(2);
    store.mode = "lost";
    await expect(registry.deregister(service, id(0))).rejects.toMatchObject(code("ERR_STORE_UNAVAILABLE"));
    store.mode = "up";
    expect(await registry.deregister(service, id(0))).toBe(false);
    expect((await registry.register(service, id(0), spec(0))).outcome).toBe("created");
  });
});

describe("time", () => {
  test("a process that was stopped for a minute evicts nobody", async () => {
    const { registry, clock } = await withInstances(3);
    await pass(registry, clock, 25);
    clock.jump(60_000);
    await pass(registry, clock, 4);
    expect(leases(registry)).toEqual(["live", "live", "live"]);
    await pass(registry, clock, 3);
    expect(leases(registry).filter((lease) => lease === "suspect")).toHaveLength(1);
  });

  test("nothing runs out while heartbeats cannot reach the process", async () => {
    let open = true;
    const { registry, clock } = await withInstances(2, { canHear: () => open });
    open = false;
    await pass(registry, clock, 300);
    expect(leases(registry)).toEqual(["live", "live"]);
    open = true;
    await pass(registry, clock, 31);
    expect(leases(registry)).toContain("suspect");
  });
});

describe("silence", () => {
  test("one of many: suspect at its ttl, removed 600 s later, live again with a beat in between", async () => {
    const { registry, clock } = await withInstances(5);
    const others = (instance: { readonly id: string }) => instance.id !== id(0);
    const before = registry.revision();
    await pass(registry, clock, 31, others);
    expect(instancesOf(registry)[0]).toMatchObject({ lease: "suspect", health: "TIMEOUT" });
    expect(registry.revision()).toBeGreaterThan(before);
    registry.heartbeat(service, id(0));
    await settled();
    expect(instancesOf(registry)[0]).toMatchObject({ lease: "live", health: "HEALTHY" });
    await pass(registry, clock, 629, others);
    expect(instancesOf(registry)).toHaveLength(5);
    await pass(registry, clock, 2, others);
    expect(instancesOf(registry)).toHaveLength(4);
    expect(registry.tryHeartbeat(service, id(0))).toBe("unknown");
  });

  test("all at once: nobody is moved, and it is shown", async () => {
    const gauges = new Map<string, number>();
    const metrics: MetricSink = {
      count: () => undefined,
      observe: () => undefined,
      gauge: (name: string, value: number, labels: Labels = {}) =>
        void gauges.set(`${name} ${Object.values(labels).join()}`.trim(), value),
    };
    const { registry, clock } = await withInstances(6, { metrics });
    const before = registry.services.get(service);
    await pass(registry, clock, 1_000);
    expect(registry.services.get(service)).toBe(before);
    expect(registry.preservation()).toEqual({ all: true, services: [service] });
    expect(Object.fromEntries(gauges)).toMatchObject({
      steelyard_registry_self_preservation: 1,
      steelyard_registry_self_preservation_services: 1,
      "steelyard_registry_instances live": 6,
      "steelyard_registry_instances suspect": 0,
    });
  });

  test("a warning is given when self-preservation begins and ends, and not before", async () => {
    const warnings: object[] = [];
    const logger = { ...silentLogger, warn: (fields: object, event: string) => warnings.push({ ...fields, event }) };
    const { registry, clock } = await withInstances(6, { logger });
    await pass(registry, clock, 20, () => true);
    expect(warnings).toEqual([]);
    await pass(registry, clock, 40);
    expect(warnings).toEqual([expect.objectContaining({ all: true, event: "self-preservation changed" })]);
    await pass(registry, clock, 60, () => true);
    expect(warnings.slice(1)).toEqual([expect.objectContaining({ all: false, count: 0 })]);
  });

  test("law 1: the only instance is never removed by expiry", async () => {
    const { registry, clock } = await withInstances(1);
    await pass(registry, clock, 2_000);
    expect(leases(registry)).toEqual(["suspect"]);
    expect(await registry.deregister(service, id(0))).toBe(true);
    expect(registry.services.get(service)?.instances).toEqual([]);
  });

  test("a storm of beats for instances that are not there leaves no trace", async () => {
    const { registry } = await makeRegistry();
    for (let index = 0; index < 100_000; index++) registry.tryHeartbeat(service, id(index));
    expect(registry.services.size).toBe(0);
  });
});

describe("restart", () => {
  test("a stored policy stays in force, also one that a newer rule would refuse", async () => {
    const store = new MemoryStore();
    const policy = { ...DEFAULT_SERVICE_POLICY, algorithm: "consistent-hash" };
    const first = await makeRegistry({ store });
    await first.registry.putService(service, policy);
    await first.registry.stop();
    const policyCheck = (): never => {
      throw new SteelyardError("ERR_INVALID_REQUEST", "no longer allowed");
    };
    const { registry } = await makeRegistry({ store, policyCheck });
    expect(registry.services.get(service)).toMatchObject({ declared: true, policy });
    await expect(registry.putService(service, policy)).rejects.toThrow("no longer allowed");
  });

  test("what was served before is served after: who was suspect stays so until heard, the others have 90 s", async () => {
    const { registry, clock, restart } = await withInstances(3);
    await pass(registry, clock, 35, (instance) => instance.id === id(2));
    expect(leases(registry)).toEqual(["suspect", "live", "live"]);
    await registry.stop();
    const revision = registry.revision();
    const second = await restart();
    expect(instancesOf(second)).toEqual(instancesOf(registry));
    expect(second.revision()).toBeGreaterThanOrEqual(revision);
    await pass(second, clock, 89);
    expect(leases(second)).toEqual(["suspect", "live", "live"]);
    second.heartbeat(service, id(0));
    await pass(second, clock, 2);
    expect(leases(second)).toEqual(["live", "suspect", "live"]);
    await second.stop();
    expect(leases(await restart())).toEqual(["live", "suspect", "live"]);
  });

  test("after a kill, too, the revision does not go back, though statuses and leases changed it without a write", async () => {
    const { registry, clock, restart } = await withInstances(3);
    for (let round = 0; round < 10; round++) {
      registry.heartbeat(service, id(0), { status: round % 2 === 0 ? "degraded" : "ready" });
      await pass(registry, clock, 1);
    }
    expect((await restart()).revision()).toBeGreaterThanOrEqual(registry.revision());
  });

  test("a suspect is removed only after its whole time again, and leaves nothing behind", async () => {
    const { registry, clock, restart, store } = await withInstances(2);
    await pass(registry, clock, 500, (instance) => instance.id === id(1));
    await registry.stop();
    const second = await restart();
    await pass(second, clock, 599, (instance) => instance.id === id(1));
    expect(leases(second)).toEqual(["suspect", "live"]);
    await pass(second, clock, 3, (instance) => instance.id === id(1));
    expect(leases(second)).toEqual(["live"]);
    await second.stop();
    const keys = (await store.snapshot("registry/")).entries.map((entry) => entry.key);
    expect(keys).toEqual([instanceKey(service, id(1))]);
  });

  test("an empty store is an empty catalogue, and a store that cannot be read is an error", async () => {
    const store = new MemoryStore();
    const { registry } = await makeRegistry({ store });
    expect(registry.services.size).toBe(0);
    await store.close();
    await expect(makeRegistry({ store })).rejects.toMatchObject(code("ERR_STORE_UNAVAILABLE"));
  });

  test("a record that cannot be read is skipped, kept, and overwritten by the next registration", async () => {
    const { store, restart } = await withInstances(2);
    const key = instanceKey(service, id(0));
    for (const text of ["not json", "{}", '{"address":1}']) {
      const value = new TextEncoder().encode(text);
      await store.commit([{ type: "put", key, value }]);
      await store.commit([{ type: "put", key: "registry/instances/NOT A SERVICE".replaceAll(" ", "_"), value }]);
      const registry = await restart();
      expect(instancesOf(registry).map((instance) => instance.id)).toEqual([id(1)]);
      expect((await store.snapshot(key)).entries[0]?.value).toEqual(value);
      expect((await registry.register(service, id(0), spec(0))).outcome).toBe("created");
      await registry.stop();
    }
    expect(instancesOf(await restart())).toHaveLength(2);
  });

  test("of two records with one address the younger is served", async () => {
    const { store, registry, restart } = await withInstances(2);
    const { entries } = await store.snapshot(instanceKey(service, id(1)));
    const value = entries[0]?.value ?? new Uint8Array();
    await store.commit([{ type: "put", key: instanceKey(service, id(0)), value }]);
    await registry.stop();
    const second = await restart();
    expect(instancesOf(second).map((instance) => [instance.id, instance.address])).toEqual([[id(0), "10.0.0.1"]]);
    expect((await second.register(service, id(1), spec(7))).outcome).toBe("created");
    expect(instancesOf(await restart())).toHaveLength(2);
  });
});
