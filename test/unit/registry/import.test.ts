import { describe, expect, it } from "@jest/globals";
import { parseClusterLoadAssignment } from "../../../src/registry/cluster-load-assignment.js";
import { id, instancesOf, makeRegistry, pass, service, settled, spec } from "./registry-fixture.js";

const assignment = (count: number, from = 0) =>
  parseClusterLoadAssignment({
    endpoints: [
      {
        lb_endpoints: Array.from({ length: count }, (_, i) => ({
          endpoint: {
            address: { socket_address: { address: `10.1.${(from + i) >> 8}.${(from + i) & 255}`, port_value: 80 } },
          },
        })),
      },
    ],
  });

describe("imported instances", () => {
  it("live without heartbeats, next to others that do not", async () => {
    const { registry, clock } = await makeRegistry();
    await registry.register(service, id(1), spec(1));
    await registry.importInstances(service, assignment(2));
    await pass(registry, clock, 3_000);
    expect(instancesOf(registry).map((instance) => [instance.id, instance.health])).toEqual([
      ["10.1.0.0:80", "HEALTHY"],
      ["10.1.0.1:80", "HEALTHY"],
    ]);
  });

  it("outlive a restart, as healthy as they were, and are known as imported", async () => {
    const { registry, clock, restart } = await makeRegistry();
    await registry.importInstances(service, assignment(2));
    await registry.stop();
    const again = await restart();
    await settled();
    await pass(again, clock, 1_000);
    expect(instancesOf(again).map(({ lease, health }) => [lease, health])).toEqual([
      ["live", "HEALTHY"],
      ["live", "HEALTHY"],
    ]);
    expect(await again.importInstances(service, assignment(1))).toEqual({
      created: 0,
      changed: 0,
      unchanged: 1,
      removed: 1,
    });
  });

  it("come and go by the thousand in one commit", async () => {
    const { registry, store } = await makeRegistry();
    await registry.importInstances(service, assignment(1_000));
    const before = store.commits;
    const counts = await registry.importInstances(service, assignment(1_000, 1_000));
    expect(counts).toEqual({ created: 1_000, changed: 0, unchanged: 0, removed: 1_000 });
    expect(store.commits).toBe(before + 1);
  });

  it("of two imports at once are those of the second", async () => {
    const { registry } = await makeRegistry();
    await Promise.all([
      registry.importInstances(service, assignment(3)),
      registry.importInstances(service, assignment(2, 2)),
    ]);
    expect(instancesOf(registry).map((instance) => instance.id)).toEqual(["10.1.0.2:80", "10.1.0.3:80"]);
  });

  it("take over the address of a silent instance, which goes", async () => {
    const { registry, clock } = await makeRegistry();
    await registry.register(service, id(1), spec(1, { address: "10.1.0.0", port: 80 }));
    await pass(registry, clock, 31);
    await registry.importInstances(service, assignment(1));
    expect(instancesOf(registry).map((instance) => instance.id)).toEqual(["10.1.0.0:80"]);
  });
});
