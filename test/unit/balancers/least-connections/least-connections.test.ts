import { expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { LeastConnectionsBalancer } from "../../../../src/balancers/least-connections/least-connections.js";
import type { BackendSpec } from "../../../../src/balancers/load-balancer.js";
import { seededRng } from "../../../../src/runtime/rng.js";

const spec = (id: string, weight = 1): BackendSpec => ({ id, address: `127.0.0.1:90${id}`, weight, health: "healthy" });
const request = { id: "r" };
const make = (...backends: readonly BackendSpec[]) => new LeastConnectionsBalancer(backends, { rng: seededRng(1) });

it("fills up by weight", () => {
  const balancer = make(spec("a", 1), spec("b", 2), spec("c", 3));
  for (let n = 0; n < 60; n++) balancer.select(request);
  expect(["a", "b", "c"].map((id) => balancer.active(id))).toEqual([10, 20, 30]);
});

it("holds the count while a guarded call runs, and lets go when it returns or throws", () => {
  const balancer = make(spec("a"));
  expect(balancer.using(request, ({ id }) => balancer.active(id))).toBe(1);
  expect(balancer.active("a")).toBe(0);
  expect(() =>
    balancer.using(request, () => {
      throw new Error("no");
    }),
  ).toThrow("no");
  expect(balancer.active("a")).toBe(0);
});

it("holds the count until a promise settles either way", async () => {
  const balancer = make(spec("a"));
  let resolve: (answer: string) => void = () => undefined;
  let reject: (reason: Error) => void = () => undefined;
  const goodCall = balancer.using(request, () => new Promise<string>((done) => (resolve = done)));
  const badCall = balancer.using(request, () => new Promise<string>((_, fail) => (reject = fail)));
  expect(balancer.active("a")).toBe(2);
  resolve("yes");
  await expect(goodCall).resolves.toBe("yes");
  expect(balancer.active("a")).toBe(1);
  reject(new Error("no"));
  await expect(badCall).rejects.toThrow("no");
  expect(balancer.active("a")).toBe(0);
});

it("lets go of a backend that left and came back only once, and not of its successor", () => {
  const balancer = make(spec("a"));
  balancer.using(request, () => {
    balancer.updateBackends([]);
    balancer.updateBackends([spec("a")]);
    balancer.select(request);
  });
  expect(balancer.active("a")).toBe(1);
});

it("does not call anybody when nobody is usable", () => {
  expect(make().using(request, () => "called")).toBeUndefined();
});

it("takes turns again after having been busy, without catching up on what it missed", () => {
  const balancer = make(spec("a"), spec("b"));
  const pick = (): string => balancer.select(request)?.id ?? "";
  const finish = (backendId: string): void => balancer.recordResult({ backendId, success: true, latencyMs: 1 });
  const busy = pick();
  for (let n = 0; n < 1_000; n++) {
    const id = pick();
    expect(id).not.toBe(busy);
    finish(id);
  }
  finish(busy);
  let turns = 0;
  for (let n = 0; n < 200; n++) {
    const id = pick();
    turns += id === busy ? 1 : 0;
    finish(id);
  }
  // Half of 200, standard deviation 7.
  expect(Math.abs(turns - 100)).toBeLessThan(30);
});

it("never counts below zero, and always has the fewest per weight", () => {
  const backends = [spec("a", 1), spec("b", 2), spec("c", 5)];
  const action = fc.oneof(fc.constant("select" as const), fc.constantFrom("a", "b", "c"));
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const balancer = make(...backends);
      const counts = new Map(backends.map(({ id }) => [id, 0]));
      for (const act of actions) {
        if (act === "select") {
          const least = Math.min(...backends.map(({ id, weight }) => (counts.get(id) ?? 0) / weight));
          const { id, weight } = balancer.select(request) ?? spec("none");
          expect((counts.get(id) ?? 0) / weight).toBe(least);
          counts.set(id, (counts.get(id) ?? 0) + 1);
        } else {
          balancer.recordResult({ backendId: act, success: true, latencyMs: 1 });
          counts.set(act, Math.max(0, (counts.get(act) ?? 0) - 1));
        }
        for (const { id } of backends) expect(balancer.active(id)).toBe(counts.get(id));
      }
    }),
  );
});
