// What probes say is in the first snapshot that anybody sees of an instance, and in every other.
import { expect, test } from "@jest/globals";
import { parseInstanceId, parseServiceName } from "../../../src/model/ids.js";
import { servicePolicySchema } from "../../../src/model/service.js";
import { FailingRecords } from "../../../src/probes/failing-records.js";
import { HEALTHY, refusal } from "../../../src/probes/outcome.js";
import { ProbeBook, type Probed } from "../../../src/probes/probe-book.js";
import { parseInstanceSpec } from "../../../src/registry/instance-spec.js";
import { Registry } from "../../../src/registry/registry.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import { noMetrics } from "../../../src/runtime/metrics.js";
import { MemoryStore } from "../../../src/store/memory/memory-store.js";

const SHOP = parseServiceName("shop");
const [A, B] = ["a", "b"].map(parseInstanceId) as [
  ReturnType<typeof parseInstanceId>,
  ReturnType<typeof parseInstanceId>,
];
const POLICY = servicePolicySchema.parse({
  healthChecks: { check: { tcp: {} }, unhealthyThreshold: 1, healthyThreshold: 1 },
});

test("no reader ever sees a newcomer as healthy before it has passed, nor a failing one again before it passes", async () => {
  const clock = new ManualClock();
  const store = new MemoryStore();
  const records = new FailingRecords({ store, logger: silentLogger });
  const book = new ProbeBook({ records, clock, logger: silentLogger, metrics: noMetrics });
  const registry = new Registry({ store, clock, healthOverlay: (...parts) => book.overlay(...parts) });
  const probed = new Map<string, Probed>();
  await registry.start();
  book.begin({
    onJoin: (each) => probed.set(each.id, each),
    onLeave: (each) => probed.delete(each.id),
    onChecks: () => undefined,
  });
  const seen: string[] = [];
  registry.services.subscribe((changes) => {
    for (const instance of changes.get(SHOP)?.instances ?? []) {
      const line = `${instance.id} ${instance.health}`;
      if (!seen.includes(line)) seen.push(line);
    }
  });
  const turn = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) await Promise.resolve();
  };
  const outcome = async (id: string, healthy: boolean): Promise<void> => {
    const each = probed.get(id);
    if (each === undefined) throw new Error(`${id} is not probed`);
    if (book.record(each, healthy ? HEALTHY : refusal("HTTP 500"))) registry.healthChanged(SHOP);
    await turn();
  };
  const register = (id: typeof A, port: number) =>
    registry.register(SHOP, id, parseInstanceSpec({ address: "127.0.0.1", port }));

  await registry.putService(SHOP, POLICY);
  await register(A, 1);
  await outcome("a", true);
  expect((await register(B, 2)).instance).toMatchObject({ health: "UNHEALTHY", probe: { verdict: "untried" } });
  expect(seen).toEqual(["a HEALTHY", "b UNHEALTHY"]);
  await outcome("b", true);
  expect(registry.get(SHOP, B)).toMatchObject({ health: "HEALTHY", probe: { verdict: "passing" } });

  await outcome("b", false);
  expect(registry.get(SHOP, B)?.health).toBe("UNHEALTHY");
  seen.length = 0;
  // Whatever else happens to it, its health stays what the probe says.
  registry.heartbeat(SHOP, B, { status: "degraded" });
  await turn();
  await registry.setAdminState(SHOP, B, "drain");
  await registry.setAdminState(SHOP, B, "ready");
  registry.heartbeat(SHOP, B, { status: "ready" });
  await turn();
  expect(seen.filter((line) => line.startsWith("b")).toSorted()).toEqual(["b DRAINING", "b UNHEALTHY"]);

  await registry.deregister(SHOP, B);
  await registry.deregister(SHOP, A);
  await registry.deleteService(SHOP);
  await turn();
  expect([...probed.keys()]).toEqual([]);
  expect(book.checksOf(SHOP)).toBeUndefined();
  await registry.stop();
});
