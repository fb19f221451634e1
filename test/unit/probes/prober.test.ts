// The prober with its book on a fake clock: schedule, concurrency, restart, isolation. Probes are scripted.
import { beforeEach, describe, expect, test } from "@jest/globals";
import { parseServiceName, type ServiceName } from "../../../src/model/ids.js";
import type { CatalogueInstance } from "../../../src/model/instance.js";
import { type ServicePolicy, servicePolicySchema } from "../../../src/model/service.js";
import { FailingRecords } from "../../../src/probes/failing-records.js";
import { HEALTHY, type ProbeOutcome, refusal, unanswered } from "../../../src/probes/outcome.js";
import { ProbeBook } from "../../../src/probes/probe-book.js";
import { Prober } from "../../../src/probes/prober.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import { seededRng } from "../../../src/runtime/rng.js";
import { MemoryStore } from "../../../src/store/memory/memory-store.js";
import { catalogueInstance } from "../../harness/instance.js";
import { MetricRecorder } from "../../harness/metric-recorder.js";

const SHOP = parseServiceName("shop");
const POLICY = servicePolicySchema.parse({
  healthChecks: { check: { tcp: {} }, intervalMs: 1_000, timeoutMs: 500, unhealthyThreshold: 3, healthyThreshold: 2 },
});
const PLAIN = servicePolicySchema.parse({});
const DOWN = unanswered("ECONNREFUSED");

class World {
  readonly clock = new ManualClock();
  readonly metrics = new MetricRecorder();
  readonly store: MemoryStore;
  /** By port; a promise that never settles = no answer. */
  readonly answers = new Map<number, ProbeOutcome | "silence">();
  readonly asked: number[] = [];
  readonly records: FailingRecords;
  readonly book: ProbeBook;
  readonly prober: Prober;
  readonly shown = new Map<ServiceName, readonly CatalogueInstance[]>();
  readonly #members = new Map<ServiceName, { policy: ServicePolicy; instances: readonly CatalogueInstance[] }>();
  underWay = 0;
  mostUnderWay = 0;

  constructor(store = new MemoryStore(), concurrency = 100) {
    this.store = store;
    this.records = new FailingRecords({ store, logger: silentLogger });
    const parts = { clock: this.clock, metrics: this.metrics, logger: silentLogger };
    this.book = new ProbeBook({ ...parts, records: this.records });
    this.prober = new Prober({
      ...parts,
      rng: seededRng(1),
      book: this.book,
      concurrency,
      onVerdict: (service) => this.#publish(service),
      probeFor: () => async (target, signal) => {
        this.asked.push(target.port);
        this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
        const answer = this.answers.get(target.port) ?? HEALTHY;
        if (answer === "silence") {
          await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        } else await Promise.resolve();
        this.underWay -= 1;
        return answer === "silence" ? DOWN : answer;
      },
    });
  }

  /** What the registry does with every change. */
  catalogue(service: ServiceName, instances: readonly CatalogueInstance[], policy = POLICY): void {
    this.#members.set(service, { policy, instances });
    this.#publish(service);
  }

  health(service = SHOP): Record<string, string> {
    return Object.fromEntries((this.shown.get(service) ?? []).map(({ id, health }) => [id, health]));
  }

  /** Lets probes end as time goes by. */
  async pass(ms: number): Promise<void> {
    for (let i = 0; i < ms; i += 10) {
      this.clock.advance(10);
      await settle();
    }
  }

  #publish(service: ServiceName): void {
    const { policy, instances } = this.#members.get(service) ?? { policy: PLAIN, instances: [] };
    this.shown.set(service, this.book.overlay(service, policy, instances));
  }
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 12; i++) await Promise.resolve();
};

const a = catalogueInstance("shop", "a", { port: 1 });
const b = catalogueInstance("shop", "b", { port: 2 });
const c = catalogueInstance("shop", "c", { port: 3 });

let world: World;
beforeEach(() => {
  world = new World();
});

describe("prober", () => {
  test("a failing instance goes out after the threshold and comes back after the other", async () => {
    world.catalogue(SHOP, [a, b]);
    await world.prober.start();
    world.answers.set(2, refusal("HTTP 500"));
    await world.pass(1_000); // first probe within an interval
    expect(world.health()).toEqual({ a: "HEALTHY", b: "HEALTHY" });
    await world.pass(2_300); // two more, each at most 1.1 intervals after the last
    expect(world.health()).toEqual({ a: "HEALTHY", b: "UNHEALTHY" });
    expect(world.shown.get(SHOP)?.[1]?.probe?.detail).toBe("3 failures in a row: HTTP 500");
    world.answers.delete(2);
    await world.pass(2_300);
    expect(world.health()).toEqual({ a: "HEALTHY", b: "HEALTHY" });
    expect(world.metrics.get("steelyard_probe_transitions_total failing")).toBe(1);
    expect(world.metrics.get("steelyard_probe_instances passing")).toBe(2);
  });

  test("no answer within the timeout counts as a failure, and the probe is called off", async () => {
    world.catalogue(SHOP, [a, b]);
    await world.prober.start();
    world.answers.set(2, "silence");
    await world.pass(4_500);
    expect(world.health()).toEqual({ a: "HEALTHY", b: "TIMEOUT" });
    expect(world.shown.get(SHOP)?.[1]?.probe?.detail).toBe("3 failures in a row: no answer within 500 ms");
    await world.pass(600);
    expect(world.underWay).toBeLessThanOrEqual(1);
  });

  test("a newcomer takes traffic after its first success only, which comes within 50 ms", async () => {
    world.catalogue(SHOP, [a]);
    await world.prober.start();
    world.catalogue(SHOP, [a, b]);
    expect(world.health()).toEqual({ a: "HEALTHY", b: "UNHEALTHY" });
    await world.pass(60);
    expect(world.health()).toEqual({ a: "HEALTHY", b: "HEALTHY" });
  });

  test("a newcomer that nobody else could stand in for takes traffic at once", async () => {
    await world.prober.start();
    world.catalogue(SHOP, []);
    world.answers.set(1, DOWN);
    world.catalogue(SHOP, [a]);
    await world.pass(5_000);
    expect(world.health()).toEqual({ a: "HEALTHY" });
  });

  test("instances that took traffic when probing was switched on go on doing so", async () => {
    await world.prober.start();
    world.catalogue(SHOP, [a, b], PLAIN);
    world.catalogue(SHOP, [a, b]);
    expect(world.health()).toEqual({ a: "HEALTHY", b: "HEALTHY" });
  });

  test("another process at the same id has to prove itself; a change of weight or metadata is none", async () => {
    world.catalogue(SHOP, [a, b]);
    await world.prober.start();
    world.catalogue(SHOP, [a, { ...b, weight: 7, metadata: { x: "y" } }]);
    expect(world.health()["b"]).toBe("HEALTHY");
    world.catalogue(SHOP, [a, { ...b, generation: "next" }]);
    expect(world.health()["b"]).toBe("UNHEALTHY");
  });

  test("switched off, everybody's health is their own again, and nobody is asked any more", async () => {
    world.catalogue(SHOP, [a, b]);
    await world.prober.start();
    world.answers.set(2, DOWN);
    await world.pass(4_000);
    expect(world.health()["b"]).toBe("TIMEOUT");
    world.catalogue(SHOP, world.shown.get(SHOP) ?? [], PLAIN);
    expect(world.health()).toEqual({ a: "HEALTHY", b: "HEALTHY" });
    expect(world.shown.get(SHOP)?.every((instance) => !("probe" in instance))).toBe(true);
    const asked = world.asked.length;
    await world.pass(3_000);
    expect(world.asked.length).toBe(asked);
    expect(world.clock.pendingTasks).toBe(0);
  });

  test("when all fail, nobody is taken out, and that is counted; the first to pass ends it", async () => {
    world.catalogue(SHOP, [a, b]);
    await world.prober.start();
    for (const port of [1, 2]) world.answers.set(port, refusal("HTTP 500"));
    await world.pass(4_000);
    expect(world.health()).toEqual({ a: "HEALTHY", b: "HEALTHY" });
    expect(world.metrics.get("steelyard_probe_ignored_services")).toBe(1);
    world.answers.delete(1);
    await world.pass(2_300);
    expect(world.health()).toEqual({ a: "HEALTHY", b: "UNHEALTHY" });
    expect(world.metrics.get("steelyard_probe_ignored_services")).toBe(0);
  });

  test("after a restart the failing stay out until they pass, and the others stay in", async () => {
    world.catalogue(SHOP, [a, b]);
    await world.prober.start();
    world.answers.set(2, DOWN);
    await world.pass(4_000);
    await world.prober.stop();
    await world.records.stop();

    const next = new World(world.store);
    await next.records.start();
    next.catalogue(SHOP, [a, b]); // the registry loads before the prober starts
    expect(next.health()).toEqual({ a: "HEALTHY", b: "TIMEOUT" });
    await next.prober.start();
    await next.pass(1_000);
    expect(next.health()).toEqual({ a: "HEALTHY", b: "TIMEOUT" });
    await next.pass(1_200);
    expect(next.health()).toEqual({ a: "HEALTHY", b: "HEALTHY" });
    await next.records.stop();
    expect((await world.store.snapshot("probes/")).entries).toEqual([]);
  });

  test("a record of somebody who is gone, or of another process, is nobody's verdict and is deleted", async () => {
    const record = { identity: "127.0.0.1:2 old", answered: true, detail: "x" };
    world.records.put(SHOP, b.id, record);
    world.records.put(SHOP, c.id, record);
    await world.records.stop();
    const next = new World(world.store);
    await next.records.start();
    next.catalogue(SHOP, [a, b]);
    expect(next.health()).toEqual({ a: "HEALTHY", b: "HEALTHY" });
    await next.prober.start();
    await next.records.stop();
    expect((await world.store.snapshot("probes/")).entries).toEqual([]);
  });

  test("no more probes than allowed are under way, and everybody's turn comes", async () => {
    world = new World(new MemoryStore(), 2);
    const many = Array.from({ length: 10 }, (_, i) => catalogueInstance("shop", `i${i}`, { port: 100 + i }));
    world.catalogue(SHOP, many);
    for (const { port } of many) world.answers.set(port, "silence");
    await world.prober.start();
    await world.pass(6_000);
    expect(world.mostUnderWay).toBe(2);
    expect(new Set(world.asked).size).toBe(10);
    expect(world.metrics.get("steelyard_probes_delayed_total")).toBeGreaterThan(0);
  });

  test("the schedule is jittered: in a minute each is asked about sixty times, and they do not stay together", async () => {
    world.catalogue(SHOP, [a, b]);
    await world.prober.start();
    await world.pass(60_000);
    for (const port of [1, 2]) {
      // Each period is 0.9 to 1.1 s, and timers fire on a grid of 10 ms.
      const times = world.asked.filter((asked) => asked === port).length;
      expect(times).toBeGreaterThanOrEqual(53);
      expect(times).toBeLessThanOrEqual(67);
    }
  });

  test("when most instances of most services are silent, verdicts are frozen; successes still count", async () => {
    const services = ["one", "two", "three"].map(parseServiceName);
    const members = (service: ServiceName, base: number) =>
      ["x", "y", "z"].map((id, i) => catalogueInstance(service, id, { port: base + i }));
    services.forEach((service, i) => world.catalogue(service, members(service, 10 * (i + 1))));
    await world.prober.start();
    await world.pass(2_000);
    // The path to all but one instance of each service is cut.
    for (const port of [10, 11, 20, 21, 30, 31]) world.answers.set(port, DOWN);
    await world.pass(20_000);
    for (const service of services) {
      expect(world.health(service)).toEqual({ x: "HEALTHY", y: "HEALTHY", z: "HEALTHY" });
    }
    expect(world.metrics.get("steelyard_probe_isolated")).toBe(1);
    // Two of the services are back: what is still silent is silent by itself.
    for (const port of [20, 21, 30, 31]) world.answers.delete(port);
    await world.pass(5_000);
    expect(world.metrics.get("steelyard_probe_isolated")).toBe(0);
    expect(world.health(parseServiceName("one"))).toEqual({ x: "TIMEOUT", y: "TIMEOUT", z: "HEALTHY" });
    expect(world.health(parseServiceName("two"))).toEqual({ x: "HEALTHY", y: "HEALTHY", z: "HEALTHY" });
  });
});
