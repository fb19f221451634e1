import { describe, expect, test } from "@jest/globals";
import { SteelyardError } from "../../../src/model/errors.js";
import { parseServiceName } from "../../../src/model/ids.js";
import { DEFAULT_SERVICE_POLICY } from "../../../src/model/service.js";
import { id, instancesOf, makeRegistry, pass, service, settled, spec } from "./registry-fixture.js";

const code = (expected: string) => ({ code: expected });

describe("register", () => {
  test("creates the service with the default policy, and is visible as soon as it resolves", async () => {
    const { registry } = await makeRegistry();
    const { instance, outcome, lease } = await registry.register(service, id(1), spec(1));
    expect(outcome).toBe("created");
    expect(instance).toMatchObject({ id: "i1", lease: "live", health: "HEALTHY", revision: 1 });
    expect(registry.services.get(service)).toEqual({
      service,
      policy: DEFAULT_SERVICE_POLICY,
      declared: false,
      revision: 1,
      instances: [instance],
    });
    expect(registry.get(service, id(1))).toBe(instance);
    expect(lease).toMatchObject({ ttlMs: 30_000, degraded: false });
    expect(lease.expiresAtWallMs).toBe(1_700_000_030_000);
  });

  test("asks for beats a third of the ttl apart, 10 % more or less", async () => {
    const { registry } = await makeRegistry();
    await registry.register(service, id(1), spec(1, { ttlSeconds: 60 }));
    const waits = Array.from({ length: 200 }, () => registry.heartbeat(service, id(1)).heartbeatAfterMs);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(18_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(22_000);
    expect(new Set(waits).size).toBeGreaterThan(50);
  });

  test("an identical registration is a heartbeat: no revision, no write, no new snapshot", async () => {
    const { registry, store, clock } = await makeRegistry();
    await registry.register(service, id(1), spec(1, { metadata: { a: "1", b: "2" } }));
    const [commits, snapshot] = [store.commits, registry.services.get(service)];
    clock.advance(20_000);
    const again = await registry.register(service, id(1), spec(1, { metadata: { b: "2", a: "1" } }));
    expect(again.outcome).toBe("unchanged");
    expect(again.lease.expiresAtWallMs).toBe(1_700_000_050_000);
    expect(store.commits).toBe(commits);
    expect(registry.services.get(service)).toBe(snapshot);
    await pass(registry, clock, 25);
    expect(instancesOf(registry)[0]?.lease).toBe("live");
  });

  test("a changed registration replaces all the instance said, and keeps what the operator said", async () => {
    const { registry, clock } = await makeRegistry();
    const first = await registry.register(service, id(1), spec(1, { weight: 5, metadata: { a: "1" } }));
    await registry.setAdminState(service, id(1), "maint");
    clock.advance(1_000);
    const second = await registry.register(service, id(1), spec(2));
    expect(second.outcome).toBe("changed");
    expect(second.instance).toMatchObject({
      address: "10.0.0.2",
      weight: 100,
      metadata: {},
      adminState: "maint",
      health: "UNHEALTHY",
      registeredAtMs: first.instance.registeredAtMs,
    });
    expect(second.instance.revision).toBeGreaterThan(first.instance.revision);
  });

  test("preconditions", async () => {
    const { registry } = await makeRegistry();
    await expect(registry.register(service, id(1), spec(1), { ifMatch: 1 })).rejects.toMatchObject(
      code("ERR_REVISION_MISMATCH"),
    );
    const { instance } = await registry.register(service, id(1), spec(1), { ifNoneMatch: true });
    await expect(registry.register(service, id(1), spec(1), { ifNoneMatch: true })).rejects.toMatchObject(
      code("ERR_ALREADY_EXISTS"),
    );
    await expect(registry.register(service, id(1), spec(2), { ifMatch: instance.revision + 1 })).rejects.toMatchObject(
      code("ERR_REVISION_MISMATCH"),
    );
    expect((await registry.register(service, id(1), spec(2), { ifMatch: instance.revision })).outcome).toBe("changed");
  });

  test("of concurrent registrations of one id with create-only exactly one wins", async () => {
    const { registry } = await makeRegistry();
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) => registry.register(service, id(1), spec(index), { ifNoneMatch: true })),
    );
    expect(results.map((result) => result.status).toSorted()).toEqual(["fulfilled", ...Array(9).fill("rejected")]);
    expect(instancesOf(registry).map((instance) => instance.address)).toEqual(["10.0.0.0"]);
  });

  test("a burst is one snapshot, sorted by id", async () => {
    const { registry } = await makeRegistry();
    const deliveries: number[] = [];
    registry.services.subscribe((changes) => deliveries.push(changes.get(service)?.instances.length ?? 0));
    await Promise.all(
      Array.from({ length: 300 }, (_, index) => registry.register(service, id(299 - index), spec(index))),
    );
    await settled();
    expect(deliveries).toEqual([300]);
    const ids = instancesOf(registry).map((instance) => instance.id);
    expect(ids).toEqual(ids.toSorted());
  });
});

describe("generations fence two owners of one id", () => {
  const two = async () => {
    const made = await makeRegistry();
    await made.registry.register(service, id(1), spec(1, { generation: "old" }));
    return made;
  };

  test("a foreign generation is refused while the owner beats, in every call", async () => {
    const { registry } = await two();
    const foreign = code("ERR_GENERATION_CONFLICT");
    await expect(registry.register(service, id(1), spec(1, { generation: "new" }))).rejects.toMatchObject(foreign);
    await expect(registry.deregister(service, id(1), { generation: "new" })).rejects.toMatchObject(foreign);
    expect(() => registry.heartbeat(service, id(1), { generation: "new" })).toThrow(expect.objectContaining(foreign));
    expect(registry.tryHeartbeat(service, id(1), { generation: "new" })).toBe("generation");
    expect(registry.get(service, id(1))?.generation).toBe("old");
  });

  test("takeover wins, and the old owner is told", async () => {
    const { registry } = await two();
    await registry.register(service, id(1), spec(1, { generation: "new" }), { takeover: true });
    expect(registry.tryHeartbeat(service, id(1), { generation: "old" })).toBe("generation");
    expect(registry.tryHeartbeat(service, id(1), { generation: "new" })).toMatchObject({ ttlMs: 30_000 });
  });

  test("a silent owner gives way after its ttl, even under self-preservation", async () => {
    const { registry, clock } = await two();
    for (let index = 2; index <= 9; index++) await registry.register(service, id(index), spec(index));
    await pass(registry, clock, 31);
    expect(registry.preservation().all).toBe(true);
    expect((await registry.register(service, id(1), spec(1, { generation: "new" }))).outcome).toBe("changed");
  });

  test("an owner not heard since the restart gives way at once: the machine was rebooted", async () => {
    const { registry, restart } = await two();
    await registry.stop();
    const second = await restart();
    expect((await second.register(service, id(1), spec(1, { generation: "new" }))).outcome).toBe("changed");
    await expect(second.register(service, id(1), spec(1, { generation: "newer" }))).rejects.toMatchObject(
      code("ERR_GENERATION_CONFLICT"),
    );
  });

  test("without a generation nobody is fenced", async () => {
    const { registry } = await two();
    expect(registry.tryHeartbeat(service, id(1))).toMatchObject({ ttlMs: 30_000 });
    expect(await registry.deregister(service, id(1))).toBe(true);
  });
});

describe("an address belongs to one instance of a service", () => {
  test("a holder that beats keeps it", async () => {
    const { registry } = await makeRegistry();
    await registry.register(service, id(1), spec(1));
    const conflict = code("ERR_ADDRESS_CONFLICT");
    await expect(registry.register(service, id(2), spec(1))).rejects.toMatchObject(conflict);
    await registry.register(service, id(2), spec(2));
    await expect(registry.register(service, id(2), spec(1))).rejects.toMatchObject(conflict);
    expect(instancesOf(registry).map((instance) => instance.address)).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect((await registry.register(parseServiceName("other"), id(2), spec(1))).outcome).toBe("created");
    expect((await registry.register(service, id(3), spec(1, { port: 8_081 }))).outcome).toBe("created");
  });

  test("of two concurrent newcomers exactly one gets it", async () => {
    const { registry } = await makeRegistry();
    const results = await Promise.allSettled([1, 2].map((index) => registry.register(service, id(index), spec(1))));
    expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected"]);
    expect(instancesOf(registry)).toHaveLength(1);
  });

  test.each([
    ["silent", async ({ registry, clock }: Awaited<ReturnType<typeof makeRegistry>>) => pass(registry, clock, 31)],
    [
      "draining",
      async ({ registry }: Awaited<ReturnType<typeof makeRegistry>>) =>
        void (await registry.drain(service, id(1), { timeoutMs: 60_000 })),
    ],
    [
      "drained by an operator",
      async ({ registry }: Awaited<ReturnType<typeof makeRegistry>>) =>
        void (await registry.setAdminState(service, id(1), "drain")),
    ],
  ])("a holder that is %s loses it, and its record, to the newcomer in one step", async (_name, prepare) => {
    const made = await makeRegistry();
    const { registry } = made;
    await registry.register(service, id(1), spec(1));
    await prepare(made);
    const sizes: number[] = [];
    registry.services.subscribe((changes) => sizes.push(changes.get(service)?.instances.length ?? -1));
    expect((await registry.register(service, id(2), spec(1))).outcome).toBe("created");
    await settled();
    expect(instancesOf(registry).map((instance) => instance.id)).toEqual(["i2"]);
    expect(sizes.every((size) => size === 1)).toBe(true);
    expect(registry.tryHeartbeat(service, id(1))).toBe("unknown");
    await expect(registry.register(service, id(3), spec(1))).rejects.toMatchObject(code("ERR_ADDRESS_CONFLICT"));
  });

  test("an address is free again after a change, a removal and a failed write", async () => {
    const { registry, store } = await makeRegistry();
    await registry.register(service, id(1), spec(1));
    await registry.register(service, id(1), spec(2));
    store.mode = "down";
    await expect(registry.register(service, id(2), spec(1))).rejects.toMatchObject(code("ERR_STORE_UNAVAILABLE"));
    await expect(registry.register(service, id(1), spec(3))).rejects.toMatchObject(code("ERR_STORE_UNAVAILABLE"));
    store.mode = "up";
    await registry.register(service, id(3), spec(1));
    await registry.register(service, id(4), spec(3));
    await registry.deregister(service, id(1));
    await registry.register(service, id(5), spec(2));
    expect(instancesOf(registry).map((instance) => instance.id)).toEqual(["i3", "i4", "i5"]);
  });
});

describe("quotas", () => {
  const full = code("ERR_QUOTA_EXCEEDED");

  test("of instances per service, in all, and of services", async () => {
    const { registry } = await makeRegistry({ limits: { maxServices: 2, maxInstancesPerService: 2, maxInstances: 3 } });
    const other = parseServiceName("other");
    await Promise.all([registry.register(service, id(1), spec(1)), registry.register(service, id(2), spec(2))]);
    await expect(registry.register(service, id(3), spec(3))).rejects.toMatchObject(full);
    await registry.register(other, id(1), spec(1));
    await expect(registry.register(other, id(2), spec(2))).rejects.toMatchObject(full);
    await expect(registry.register(parseServiceName("third"), id(1), spec(1))).rejects.toMatchObject(full);
    await expect(registry.putService(parseServiceName("third"), DEFAULT_SERVICE_POLICY)).rejects.toMatchObject(full);
    expect((await registry.register(service, id(1), spec(9))).outcome).toBe("changed");
    await registry.deregister(service, id(1));
    expect((await registry.register(other, id(2), spec(2))).outcome).toBe("created");
    expect(registry.services.size).toBe(2);
  });

  test("hold for concurrent registrations, and failed ones do not use them up", async () => {
    const { registry, store } = await makeRegistry({ limits: { maxInstancesPerService: 3 } });
    const burst = () =>
      Promise.allSettled([1, 2, 3, 4, 5].map((index) => registry.register(service, id(index), spec(index))));
    store.mode = "full";
    const failed = await burst();
    expect(
      failed.map((result) => (result.status === "rejected" ? SteelyardError.from(result.reason).code : "")),
    ).toEqual([...Array(3).fill("ERR_STORE_FULL"), ...Array(2).fill("ERR_QUOTA_EXCEEDED")]);
    expect(registry.services.size).toBe(0);
    store.mode = "up";
    expect((await burst()).filter((result) => result.status === "fulfilled")).toHaveLength(3);
  });
});

describe("patch and admin state", () => {
  test("changes a part, under the revision that was read", async () => {
    const { registry } = await makeRegistry();
    const { instance } = await registry.register(service, id(1), spec(1, { metadata: { a: "1", b: "1" } }));
    const patched = await registry.patch(
      service,
      id(1),
      { weight: 7, metadata: { a: null, c: "3" } },
      { ifMatch: instance.revision },
    );
    expect(patched).toMatchObject({ weight: 7, metadata: { b: "1", c: "3" }, address: "10.0.0.1" });
    await expect(registry.patch(service, id(1), { weight: 8 }, { ifMatch: instance.revision })).rejects.toMatchObject(
      code("ERR_REVISION_MISMATCH"),
    );
    const same = await registry.patch(service, id(1), { weight: 7 }, { ifMatch: patched.revision });
    expect(same.revision).toBe(patched.revision);
    await expect(registry.patch(service, id(2), {}, { ifMatch: 1 })).rejects.toMatchObject(
      code("ERR_UNKNOWN_INSTANCE"),
    );
  });

  test.each([
    ["maint", "UNHEALTHY"],
    ["drain", "DRAINING"],
    ["ready", "HEALTHY"],
  ] as const)("admin state %s makes it %s", async (state, health) => {
    const { registry } = await makeRegistry();
    await registry.register(service, id(1), spec(1));
    expect(await registry.setAdminState(service, id(1), state)).toMatchObject({ adminState: state, health });
    expect(instancesOf(registry)[0]?.health).toBe(health);
  });

  test("nothing can be done to an instance that is not there", async () => {
    const { registry } = await makeRegistry();
    const unknown = code("ERR_UNKNOWN_INSTANCE");
    await expect(registry.setAdminState(service, id(1), "maint")).rejects.toMatchObject(unknown);
    await expect(registry.drain(service, id(1), { timeoutMs: 0 })).rejects.toMatchObject(unknown);
    expect(() => registry.heartbeat(service, id(1))).toThrow(expect.objectContaining(unknown));
    expect(await registry.deregister(service, id(1), { ifMatch: 3 })).toBe(false);
    expect(registry.services.size).toBe(0);
  });
});

describe("heartbeat", () => {
  test("changes nothing that is published, and writes nothing", async () => {
    const { registry, store } = await makeRegistry();
    await registry.register(service, id(1), spec(1));
    const [snapshot, commits] = [registry.services.get(service), store.commits];
    for (let count = 0; count < 1_000; count++) registry.heartbeat(service, id(1), { status: "ready" });
    await settled();
    expect(registry.services.get(service)).toBe(snapshot);
    expect(store.commits).toBe(commits);
  });

  test("a status takes effect at once and survives a restart", async () => {
    const { registry, clock, restart } = await makeRegistry();
    await registry.register(service, id(1), spec(1, { status: "starting" }));
    await registry.register(service, id(2), spec(2));
    expect(instancesOf(registry)[0]?.health).toBe("UNHEALTHY");
    registry.heartbeat(service, id(1), { status: "ready" });
    registry.heartbeat(service, id(2), { status: "degraded" });
    await settled();
    expect(instancesOf(registry).map((instance) => instance.health)).toEqual(["HEALTHY", "DEGRADED"]);
    clock.advance(250);
    await settled();
    registry.heartbeat(service, id(2), { status: "draining" });
    await registry.stop(); // saves what the loop had no time for
    const second = await restart();
    expect(instancesOf(second).map((instance) => instance.health)).toEqual(["HEALTHY", "DRAINING"]);
  });

  test("a status that comes while another write is under way is not lost", async () => {
    const { registry, store, clock, restart } = await makeRegistry();
    const { instance } = await registry.register(service, id(1), spec(1));
    let open = (): void => undefined;
    store.gate = new Promise((resolve) => {
      open = resolve;
    });
    const patching = registry.patch(service, id(1), { weight: 9 }, { ifMatch: instance.revision });
    await settled();
    registry.heartbeat(service, id(1), { status: "degraded" });
    open();
    store.gate = undefined;
    await patching;
    expect(registry.get(service, id(1))).toMatchObject({ weight: 9, status: "degraded" });
    clock.advance(250);
    await settled();
    const second = await restart();
    expect(second.get(service, id(1))).toMatchObject({ weight: 9, status: "degraded" });
  });
});

describe("drain", () => {
  test("takes no new requests at once, and is removed after the timeout", async () => {
    const { registry, clock } = await makeRegistry();
    await registry.register(service, id(1), spec(1));
    await registry.register(service, id(2), spec(2));
    expect(await registry.drain(service, id(1), { timeoutMs: 20_000 })).toMatchObject({ health: "DRAINING" });
    await pass(registry, clock, 19, () => true);
    expect(instancesOf(registry)).toHaveLength(2);
    await pass(registry, clock, 2, () => true);
    expect(instancesOf(registry).map((instance) => instance.id)).toEqual(["i2"]);
  });

  test("neither a late beat nor another change calls it off or prolongs it", async () => {
    const { registry, clock } = await makeRegistry();
    await registry.register(service, id(1), spec(1));
    const { revision } = await registry.drain(service, id(1), { timeoutMs: 20_000 });
    await pass(registry, clock, 15);
    registry.heartbeat(service, id(1), { status: "ready" });
    await registry.patch(service, id(1), { weight: 3 }, { ifMatch: revision });
    await registry.drain(service, id(1), { timeoutMs: 20_000 });
    expect(registry.get(service, id(1))?.health).toBe("DRAINING");
    await pass(registry, clock, 6);
    expect(registry.get(service, id(1))).toBeUndefined();
  });

  test("a new registration calls it off", async () => {
    const { registry, clock } = await makeRegistry();
    await registry.register(service, id(1), spec(1));
    await registry.drain(service, id(1), { timeoutMs: 5_000 });
    expect((await registry.register(service, id(1), spec(1))).instance.health).toBe("HEALTHY");
    await pass(registry, clock, 25);
    expect(instancesOf(registry)).toHaveLength(1);
  });

  test("goes on after a restart, with its whole time again", async () => {
    const { registry, clock, restart } = await makeRegistry();
    await registry.register(service, id(1), spec(1));
    await registry.drain(service, id(1), { timeoutMs: 20_000 });
    await pass(registry, clock, 15);
    await registry.stop();
    const second = await restart();
    await pass(second, clock, 19);
    expect(instancesOf(second).map((instance) => instance.health)).toEqual(["DRAINING"]);
    await pass(second, clock, 2);
    expect(instancesOf(second)).toEqual([]);
  });

  test("in steps: its share shrinks, then no new requests, then the timeout runs", async () => {
    const { registry, clock } = await makeRegistry();
    await registry.register(service, id(1), spec(1));
    const view = () => {
      const { health, drain } = registry.get(service, id(1)) ?? {};
      return { health, left: drain?.left };
    };
    await registry.drain(service, id(1), { timeoutMs: 10_000, rampMs: 8_000 });
    expect(view()).toEqual({ health: "HEALTHY", left: 0.8 });
    const published = new Set<number | undefined>();
    const stop = registry.services.subscribe((changes) => {
      for (const [, snapshot] of changes) published.add(snapshot?.instances[0]?.drain?.left);
    });
    await pass(registry, clock, 3);
    expect(view()).toEqual({ health: "HEALTHY", left: 0.6 });
    // Neither another change nor the same order again starts it anew.
    const { revision } = await registry.drain(service, id(1), { timeoutMs: 10_000, rampMs: 8_000 });
    await registry.patch(service, id(1), { weight: 3 }, { ifMatch: revision });
    await pass(registry, clock, 4);
    expect(view()).toEqual({ health: "HEALTHY", left: 0.2 });
    expect(await registry.finishDrain(service, id(1))).toBe(false);
    await pass(registry, clock, 2);
    expect(view()).toEqual({ health: "DRAINING", left: 0 });
    stop();
    expect([...published]).toEqual([0.8, 0.6, 0.4, 0.2, 0]);
    await pass(registry, clock, 8);
    expect(instancesOf(registry)).toHaveLength(1);
    await pass(registry, clock, 3);
    expect(instancesOf(registry)).toEqual([]);
  });

  test("in steps: a restart ends the steps, silence too, and a new registration all of it", async () => {
    const { registry, clock, restart } = await makeRegistry();
    await registry.register(service, id(1), spec(1));
    await registry.drain(service, id(1), { timeoutMs: 20_000, rampMs: 60_000 });
    await pass(registry, clock, 40, () => false);
    expect(registry.get(service, id(1))).toMatchObject({ health: "TIMEOUT", drain: { left: 0.4 } });
    await registry.register(service, id(1), spec(1));
    expect(registry.get(service, id(1))).toMatchObject({ health: "HEALTHY" });
    expect(registry.get(service, id(1))?.drain).toBeUndefined();
    await registry.drain(service, id(1), { timeoutMs: 20_000, rampMs: 60_000 });
    await registry.stop();
    const second = await restart();
    expect(second.get(service, id(1))).toMatchObject({ health: "DRAINING", drain: { left: 0 } });
  });

  test("is finished early only for who was asked to drain and takes nothing any more", async () => {
    const { registry } = await makeRegistry();
    await registry.register(service, id(1), spec(1));
    expect(await registry.finishDrain(service, id(1))).toBe(false);
    registry.heartbeat(service, id(1), { status: "draining" });
    expect(await registry.finishDrain(service, id(1))).toBe(false);
    await registry.drain(service, id(1), { timeoutMs: 20_000 });
    expect(await registry.finishDrain(service, id(1))).toBe(true);
    expect(await registry.finishDrain(service, id(1))).toBe(false);
    expect(instancesOf(registry)).toEqual([]);
  });

  test.each([Number.NaN, -1, 3_600_001, Number.POSITIVE_INFINITY])("a timeout of %p is refused", async (timeoutMs) => {
    const { registry } = await makeRegistry();
    await expect(registry.drain(service, id(1), { timeoutMs })).rejects.toMatchObject(code("ERR_INVALID_REQUEST"));
    await expect(registry.drain(service, id(1), { timeoutMs: 1, rampMs: timeoutMs })).rejects.toMatchObject({
      errors: [{ pointer: "/rampSeconds", detail: "must be between 0 and 3600" }],
    });
  });
});

describe("services", () => {
  const policy = { ...DEFAULT_SERVICE_POLICY, algorithm: "p2c" };

  test("are declared, changed under a revision, and live without instances", async () => {
    const { registry, restart } = await makeRegistry();
    const created = await registry.putService(service, policy);
    expect(created).toMatchObject({ outcome: "created", snapshot: { declared: true, policy, instances: [] } });
    expect((await registry.putService(service, { ...policy })).outcome).toBe("unchanged");
    const ifMatch = registry.policyRevision(service);
    await registry.register(service, id(1), spec(1));
    expect((await registry.putService(service, DEFAULT_SERVICE_POLICY, { ifMatch })).outcome).toBe("changed");
    await expect(registry.putService(service, policy, { ifMatch })).rejects.toMatchObject(
      code("ERR_REVISION_MISMATCH"),
    );
    const current = registry.services.get(service)?.revision ?? -1;
    expect((await registry.putService(service, policy, { ifMatch: current })).outcome).toBe("changed");
    const second = await restart();
    expect(second.services.get(service)).toMatchObject({ declared: true, policy });
    expect(second.policyRevision(service)).toBe(registry.policyRevision(service));
  });

  test("a policy that names what does not exist is refused before it is stored", async () => {
    const { registry, store } = await makeRegistry({
      policyCheck: () => {
        throw new SteelyardError("ERR_UNKNOWN_POLICY", "no such algorithm");
      },
    });
    await expect(registry.putService(service, policy)).rejects.toMatchObject(code("ERR_UNKNOWN_POLICY"));
    expect(store.commits).toBe(0);
  });

  test("deleting takes back the declaration and never an instance", async () => {
    const { registry, restart } = await makeRegistry();
    await registry.putService(service, policy);
    await registry.register(service, id(1), spec(1));
    expect(await registry.deleteService(service)).toBe(true);
    expect(registry.services.get(service)).toMatchObject({ declared: false, policy: DEFAULT_SERVICE_POLICY });
    expect(instancesOf(registry)).toHaveLength(1);
    expect(instancesOf(await restart())).toHaveLength(1);
    await registry.deregister(service, id(1));
    expect(await registry.deleteService(service)).toBe(true);
    expect(registry.services.get(service)).toBeUndefined();
    expect(await registry.deleteService(service)).toBe(false);
  });

  test("of two who create it exactly one does", async () => {
    const { registry } = await makeRegistry();
    const results = await Promise.allSettled(
      [policy, DEFAULT_SERVICE_POLICY].map((body) => registry.putService(service, body, { ifNoneMatch: true })),
    );
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(results[1]).toMatchObject({ reason: code("ERR_ALREADY_EXISTS") });
    expect(registry.services.get(service)?.policy).toEqual(policy);
  });

  test("is deleted under the revision that was read, or not at all", async () => {
    const { registry } = await makeRegistry();
    const { snapshot } = await registry.putService(service, policy);
    await registry.putService(service, DEFAULT_SERVICE_POLICY);
    await expect(registry.deleteService(service, { ifMatch: snapshot.revision })).rejects.toMatchObject(
      code("ERR_REVISION_MISMATCH"),
    );
    expect(registry.services.get(service)).toMatchObject({ declared: true });
    const ifMatch = registry.services.get(service)?.revision;
    expect(await registry.deleteService(service, { ifMatch })).toBe(true);
    expect(await registry.deleteService(service, { ifMatch })).toBe(false);
  });

  test("one that was emptied by deregistration is shown empty, so that proxies are told, and then forgotten", async () => {
    const { registry, clock } = await makeRegistry();
    await registry.register(service, id(1), spec(1));
    await registry.deregister(service, id(1));
    expect(registry.services.get(service)).toMatchObject({ declared: false, instances: [] });
    clock.advance(599_000);
    await settled();
    expect(registry.services.get(service)).toBeDefined();
    clock.advance(2_000);
    await settled();
    expect(registry.services.get(service)).toBeUndefined();
  });

  test("one whose last instance comes back in time is never gone", async () => {
    const { registry, clock } = await makeRegistry();
    await registry.register(service, id(1), spec(1));
    await registry.deregister(service, id(1));
    clock.advance(500_000);
    await registry.register(service, id(1), spec(1));
    await pass(registry, clock, 200, () => true);
    expect(instancesOf(registry)).toHaveLength(1);
  });
});
