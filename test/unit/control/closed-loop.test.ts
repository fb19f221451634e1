import { describe, expect, test } from "@jest/globals";
import { host, Plant, type Second } from "../../harness/plant.js";

const mixed = () => [1, 1, 1, 2, 2, 2, 4, 4, 4].map((slots, i) => host(`h${i}`, slots));
const alike = () => Array.from({ length: 9 }, (_, i) => host(`h${i}`, 2));
const shareOf = (second: Second | undefined, id: string): number => second?.shares.get(id) ?? Number.NaN;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const FAIR = 1 / 9;

describe("adaptive on a fluid plant", () => {
  test("unequal capacity: shares move towards capacity within seconds and the mean latency falls", () => {
    const plant = new Plant({ hosts: mixed(), rps: 735 });
    const seconds = plant.run(40);
    const early = mean(seconds.slice(0, 2).map(({ meanMs }) => meanMs));
    const late = mean(seconds.slice(30).map(({ meanMs }) => meanMs));
    expect(late).toBeLessThan(early * 0.8);
    const last = seconds.at(-1);
    expect(shareOf(last, "h8") / shareOf(last, "h0")).toBeGreaterThan(3);
    expect(plant.pushes).toBeLessThan(20);
  });

  test("equal hosts: weights stay equal, so that Envoy uses power of two choices", () => {
    const plant = new Plant({ hosts: alike(), rps: 630 });
    plant.run(60);
    expect(plant.pushes).toBeLessThanOrEqual(3);
    expect(new Set(plant.decision.plan.entries.map(({ weight }) => weight))).toEqual(new Set([100]));
  });

  test("a host ten times slower is shed in 3 s and has 80 % of its share back 15 s after recovery", () => {
    const plant = new Plant({ hosts: alike(), rps: 630 });
    plant.run(20);
    const slow = plant.hosts[0];
    if (slow === undefined) throw new Error("no host");
    slow.serviceMs = 200;
    const during = plant.run(40);
    expect(shareOf(during[3], "h0")).toBeLessThan(0.2 * FAIR);
    expect(shareOf(during.at(-1), "h0")).toBeGreaterThan(0);
    slow.serviceMs = 20;
    const after = plant.run(20);
    expect(after.findIndex((second) => shareOf(second, "h0") > 0.8 * FAIR)).toBeLessThan(15);
  });

  test("a host that fails at once: few errors, probes go on, and it comes back", () => {
    const plant = new Plant({ hosts: alike(), rps: 630 });
    plant.run(20);
    const failing = plant.hosts[3];
    if (failing === undefined) throw new Error("no host");
    failing.errorRate = 1;
    const during = plant.run(40);
    expect(mean(during.slice(5).map(({ errors }) => errors))).toBeLessThan(0.002);
    expect(mean(during.map(({ errors }) => errors))).toBeLessThan(0.01);
    expect(plant.decision.plan.entries.find(({ instance }) => instance === "h3")?.reasons[0]).toMatch(/failing/);
    failing.errorRate = 0;
    const after = plant.run(30);
    expect(after.findIndex((second) => shareOf(second, "h3") > 0.8 * FAIR)).toBeLessThan(20);
  });

  test("a third of its answers failing is found within three rounds", () => {
    const plant = new Plant({ hosts: alike(), rps: 630 });
    plant.run(20);
    const grey = plant.hosts[5];
    if (grey === undefined) throw new Error("no host");
    grey.errorRate = 0.3;
    expect(shareOf(plant.run(4).at(-1), "h5")).toBeLessThan(0.3 * FAIR);
  });

  test("all hosts failing alike: nobody is singled out", () => {
    const plant = new Plant({ hosts: alike(), rps: 630 });
    plant.run(20);
    for (const target of plant.hosts) target.errorRate = 0.5;
    const during = plant.run(20);
    for (const { id } of plant.hosts) expect(shareOf(during.at(-1), id)).toBeGreaterThan(0.5 * FAIR);
  });

  test("all hosts slower alike: nobody is braked", () => {
    const plant = new Plant({ hosts: alike(), rps: 200 });
    plant.run(20);
    for (const target of plant.hosts) target.serviceMs = 70;
    const during = plant.run(10);
    for (const { id } of plant.hosts) expect(shareOf(during.at(-1), id)).toBeGreaterThan(0.5 * FAIR);
  });

  test("faults one after the other leave no drift behind", () => {
    const plant = new Plant({ hosts: mixed(), rps: 735 });
    const before = plant.run(60).at(-1);
    for (const index of [8, 0, 4]) {
      const target = plant.hosts[index];
      if (target === undefined) throw new Error("no host");
      target.errorRate = 1;
      plant.run(30);
      target.errorRate = 0;
      plant.run(30);
      target.serviceMs = 200;
      plant.run(30);
      target.serviceMs = 20;
      plant.run(30);
    }
    const after = plant.run(30).at(-1);
    for (const { id } of plant.hosts) expect(shareOf(after, id) / shareOf(before, id)).toBeGreaterThan(0.6);
    for (const { id } of plant.hosts) expect(shareOf(after, id) / shareOf(before, id)).toBeLessThan(1.6);
  });

  test("a newcomer ramps up, and only in a service that already has traffic", () => {
    const plant = new Plant({ hosts: alike(), rps: 500 });
    expect(plant.run(1)[0]?.decision.plan.entries.every(({ weight }) => weight === 100)).toBe(true);
    plant.run(20);
    plant.hosts.push(host("new", 2));
    plant.catalogueChanged();
    const [first] = plant.run(1);
    expect(shareOf(first, "new")).toBeLessThan(0.3 * FAIR);
    expect(shareOf(plant.run(15).at(-1), "new")).toBeGreaterThan(0.6 * FAIR);
  });
});
