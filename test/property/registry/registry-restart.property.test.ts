// Whatever was acknowledged is there after a restart, and it is exactly what was shown before it.
import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { parseInstanceId, parseServiceName } from "../../../src/model/ids.js";
import { DEFAULT_SERVICE_POLICY, type ServiceSnapshot } from "../../../src/model/service.js";
import { parseInstanceSpec } from "../../../src/registry/instance-spec.js";
import { Registry } from "../../../src/registry/registry.js";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import { MemoryStore } from "../../../src/store/memory/memory-store.js";

const service = fc.constantFrom("orders", "payments").map(parseServiceName);
const id = fc.integer({ min: 0, max: 5 }).map((index) => parseInstanceId(`i${index}`));
const text = fc.string({ unit: fc.constantFrom("a", "B", "é", "😀", " ", "%", "/", '"'), maxLength: 12 });

const spec = fc
  .record({
    address: fc.integer({ min: 1, max: 8 }).map((last) => `10.0.0.${last}`),
    port: fc.constantFrom(80, 81),
    weight: fc.integer({ min: 1, max: 65_535 }),
    status: fc.constantFrom("ready", "starting", "degraded", "draining"),
    generation: fc.constantFrom("", "g1", "g2"),
    metadata: fc.dictionary(fc.constantFrom("a", "b/c", "constructor", "toString"), text, { maxKeys: 3 }),
    locality: fc.record({ zone: text }),
    ttlSeconds: fc.integer({ min: 5, max: 3_600 }),
  })
  .map(parseInstanceSpec);

const action: fc.Arbitrary<(registry: Registry) => Promise<unknown>> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(service, id, spec).map(
      ([s, i, body]) =>
        (r: Registry) =>
          r.register(s, i, body),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(service, id).map(
      ([s, i]) =>
        (r: Registry) =>
          r.deregister(s, i),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(service, id, fc.integer({ min: 1, max: 9 })).map(([s, i, weight]) => (r: Registry) => {
      return r.patch(s, i, { weight, metadata: { a: null, patched: "x" } }, { ifMatch: r.get(s, i)?.revision ?? 0 });
    }),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(service, id, fc.constantFrom("ready", "drain", "maint")).map(
      ([s, i, state]) =>
        (r: Registry) =>
          r.setAdminState(s, i, state),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(service, id).map(
      ([s, i]) =>
        (r: Registry) =>
          r.drain(s, i, { timeoutMs: 1_000 }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(service, id, fc.constantFrom("ready", "degraded")).map(
      ([s, i, status]) =>
        async (r: Registry) =>
          r.heartbeat(s, i, { status }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(service, fc.constantFrom("adaptive", "p2c")).map(
      ([s, algorithm]) =>
        (r: Registry) =>
          r.putService(s, { ...DEFAULT_SERVICE_POLICY, algorithm }),
    ),
  },
  { weight: 1, arbitrary: service.map((s) => (r: Registry) => r.deleteService(s)) },
);

const shown = (registry: Registry): readonly unknown[] =>
  [...registry.services.entries()]
    .filter(([, snapshot]) => snapshot.instances.length > 0 || snapshot.declared)
    .map(([, { service: name, policy, declared, instances }]) => ({
      name,
      policy,
      declared,
      // A revision moves on when a status is saved after its beat.
      instances: instances.map((instance) => ({ ...instance, revision: 0 })),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

function assertConsistent(snapshot: ServiceSnapshot): void {
  const ids = snapshot.instances.map((instance) => instance.id);
  expect(ids).toEqual([...new Set(ids)].sort());
  const addresses = snapshot.instances.map((instance) => `${instance.address}:${instance.port}`);
  expect(new Set(addresses).size).toBe(addresses.length);
}

test("a restart from the same store shows the same catalogue", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ run: action, wait: fc.boolean(), passMs: fc.constantFrom(0, 0, 0, 300, 1_500) }), {
        maxLength: 40,
      }),
      async (actions) => {
        const [store, clock] = [new MemoryStore(), new ManualClock()];
        const first = new Registry({ store, clock });
        await first.start();
        let revision = 0;
        for (const { run, wait, passMs } of actions) {
          const done = run(first).catch(() => undefined); // refusals are part of the game
          if (wait) await done;
          clock.advance(passMs);
          await new Promise((resolve) => setImmediate(resolve));
          expect(first.revision()).toBeGreaterThanOrEqual(revision);
          revision = first.revision();
          for (const [, snapshot] of first.services.entries()) assertConsistent(snapshot);
        }
        await first.stop();
        await new Promise((resolve) => setImmediate(resolve));
        const second = new Registry({ store, clock });
        await second.start();
        expect(shown(second)).toEqual(shown(first));
        expect(second.revision()).toBeGreaterThanOrEqual(first.revision());
        await second.stop();
        const third = new Registry({ store, clock });
        await third.start();
        expect([...third.services.entries()]).toEqual([...second.services.entries()]);
        await third.stop();
      },
    ),
    { numRuns: 150 },
  );
});
