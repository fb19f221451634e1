// The lease machine against a model that knows only when beats were heard and when time counted.
import assert from "node:assert/strict";
import { test } from "@jest/globals";
import * as fc from "fast-check";
import { parseInstanceId, parseServiceName } from "../../../src/model/ids.js";
import { type Lease, LeaseBook } from "../../../src/registry/lease-book.js";

const TICK_MS = 250;
const SLACK_MS = 2 * TICK_MS;
const DEREGISTER_MS = 60_000;

interface Tracked {
  readonly lease: Lease;
  readonly ttlMs: number;
  readonly ready: boolean;
  /** Listening time of the last beat, as the model counts it; later than it by the grace after a restart. */
  heardMs: number;
  suspectMs: number | undefined;
}

/** A real history: the book, the model beside it, and the checks of every move. */
class History {
  nowMs = 1_000;
  listeningMs = 0;
  hearing = true;
  book = new LeaseBook(this.nowMs);
  readonly services = new Map<string, Map<string, Tracked>>();
  readonly moves = new Map<string, number[]>();
  /** Listening time at which each service was last protected. */
  readonly preservedMs = new Map<string, number>();

  open(serviceName: string, count: number, ttlMs: number, readyShare: number): void {
    const service = parseServiceName(serviceName);
    const group = new Map<string, Tracked>();
    for (let index = 0; index < count; index++) {
      const ready = index < Math.ceil(count * readyShare);
      const terms = { ttlMs, deregisterAfterMs: DEREGISTER_MS, ready };
      const lease = this.book.open(service, parseInstanceId(`i${index}`), terms, this.nowMs);
      group.set(lease.id, { lease, ttlMs, ready, heardMs: this.listeningMs, suspectMs: undefined });
    }
    this.services.set(serviceName, group);
  }

  beat(tracked: Tracked): void {
    this.book.beat(tracked.lease, this.nowMs);
    tracked.heardMs = this.listeningMs;
    tracked.suspectMs = undefined;
    assert.equal(tracked.lease.state, "live");
  }

  tick(): void {
    this.nowMs += TICK_MS;
    if (this.hearing) this.listeningMs += TICK_MS;
    this.#check(this.book.tick(this.nowMs, this.hearing));
  }

  /** The process stands still; only one tick of it counts. */
  stall(ms: number): void {
    this.nowMs += ms;
    if (this.hearing) this.listeningMs += ms > TICK_MS + 1_000 ? TICK_MS : ms;
    this.#check(this.book.tick(this.nowMs, this.hearing));
  }

  restart(): void {
    this.nowMs += 5_000;
    this.book = new LeaseBook(this.nowMs);
    this.moves.clear();
    for (const group of this.services.values()) {
      for (const [id, tracked] of group) {
        const terms = { ttlMs: tracked.ttlMs, deregisterAfterMs: DEREGISTER_MS, ready: tracked.ready };
        const lease = this.book.open(tracked.lease.service, tracked.lease.id, terms, this.nowMs, true);
        const heardMs = this.listeningMs + Math.max(0, 90_000 - tracked.ttlMs);
        group.set(id, { ...tracked, lease, heardMs, suspectMs: undefined });
      }
    }
    this.hearing = true;
  }

  #tracked(lease: Lease): Tracked {
    const tracked = this.services.get(lease.service)?.get(lease.id);
    if (!tracked) throw new Error("a move of an unknown lease");
    return tracked;
  }

  #check(found: { readonly suspects: readonly Lease[]; readonly expired: readonly Lease[] }): void {
    assert.ok(this.hearing || found.suspects.length + found.expired.length === 0);
    for (const lease of found.suspects) {
      const tracked = this.#tracked(lease);
      assert.ok(this.listeningMs - tracked.heardMs >= tracked.ttlMs, "suspect too early");
      tracked.suspectMs = this.listeningMs;
      const recent = (this.moves.get(lease.service) ?? []).filter((movedMs) => movedMs > this.listeningMs - 10_000);
      this.moves.set(lease.service, [...recent, this.listeningMs]);
      const size = this.services.get(lease.service)?.size ?? 0;
      assert.ok(recent.length + 1 <= Math.max(1, Math.floor(size * 0.15)), "too many at once");
    }
    for (const lease of found.expired) {
      const tracked = this.#tracked(lease);
      assert.ok(this.listeningMs - (tracked.suspectMs ?? this.listeningMs) >= DEREGISTER_MS, "expired too early");
      const group = this.services.get(lease.service);
      const others = [...(group?.values() ?? [])].filter((other) => other !== tracked);
      assert.ok(
        others.some((other) => other.ready || !tracked.ready),
        "the last of its kind",
      );
      group?.delete(lease.id);
      this.book.close(lease);
    }
    this.#checkSilent();
  }

  /** Without self-preservation, somebody who is silent for longer than a ttl is late by a retry or by the rate limit. */
  #checkSilent(): void {
    const { all, services } = this.book.preservation;
    const waitMs = 1_000 + SLACK_MS;
    for (const [service, group] of this.services) {
      if (all || services.some((name) => name === service)) this.preservedMs.set(service, this.listeningMs);
      const preserved = this.listeningMs - (this.preservedMs.get(service) ?? -waitMs) < waitMs;
      const limited = (this.moves.get(service) ?? []).some((movedMs) => movedMs > this.listeningMs - 10_000 - waitMs);
      if (!this.hearing || preserved || limited) continue;
      const late = [...group.values()].filter(
        ({ suspectMs, heardMs, ttlMs }) => suspectMs === undefined && this.listeningMs - heardMs > ttlMs + waitMs,
      );
      assert.deepEqual(late, [], "still live");
    }
  }
}

type Step =
  | { readonly type: "pass"; readonly ticks: number; readonly beating: number }
  | { readonly type: "stall"; readonly ms: number }
  | { readonly type: "hearing"; readonly on: boolean }
  | { readonly type: "restart" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant("pass" as const),
      ticks: fc.integer({ min: 1, max: 200 }),
      // Which leases beat, as a bit pattern over their index: 0 = total silence.
      beating: fc.oneof(fc.constant(-1), fc.constant(0), fc.integer()),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("stall" as const), ms: fc.integer({ min: 1, max: 600_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("hearing" as const), on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ type: "restart" as const }) },
);

const fleet = fc.array(
  fc.record({
    count: fc.integer({ min: 1, max: 24 }),
    ttlMs: fc.constantFrom(5_000, 30_000, 120_000),
    readyShare: fc.constantFrom(0, 0.3, 1),
  }),
  { minLength: 1, maxLength: 3 },
);

test("no lease is moved early, too many at once, while deaf, or as the last of its service", () => {
  fc.assert(
    fc.property(fleet, fc.array(step, { maxLength: 25 }), (services, steps) => {
      const history = new History();
      for (const [index, { count, ttlMs, readyShare }] of services.entries()) {
        history.open(`s${index}`, count, ttlMs, readyShare);
      }
      for (const action of steps) run(history, action);
      const sizes = [...history.services.values()].map((group) => group.size);
      assert.ok(!sizes.includes(0), "a service was emptied");
      assert.equal(
        history.book.size,
        sizes.reduce((sum, size) => sum + size, 0),
      );
    }),
    { numRuns: 100 },
  );
});

function run(history: History, action: Step): void {
  switch (action.type) {
    case "pass":
      for (let tick = 0; tick < action.ticks; tick++) {
        history.tick();
        for (const group of history.services.values()) {
          for (const tracked of group.values()) {
            const index = Number(tracked.lease.id.slice(1));
            const due = tick % Math.max(1, Math.floor(tracked.ttlMs / 3 / TICK_MS)) === index % 7;
            if (due && ((action.beating >> index) & 1) === 1 && history.hearing) history.beat(tracked);
          }
        }
      }
      return;
    case "stall":
      history.stall(action.ms);
      return;
    case "hearing":
      history.hearing = action.on;
      history.book.tick(history.nowMs, action.on);
      return;
    case "restart":
      history.restart();
      return;
  }
}

test("total silence moves nobody of a fleet of five or more, however long", () => {
  fc.assert(
    fc.property(fc.integer({ min: 5, max: 60 }), fc.integer({ min: 5, max: 400 }), (count, seconds) => {
      const history = new History();
      history.open("s", count, 5_000, 1);
      for (let tick = 0; tick < seconds * 4; tick++) history.tick();
      assert.deepEqual([history.book.suspects, history.book.size], [0, count]);
    }),
    { numRuns: 30 },
  );
});

test("whoever beats every third of a ttl, 10 % more or less, is never suspect", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.9, max: 1.1, noNaN: true }), { minLength: 1, maxLength: 40 }),
      (jitters) => {
        const history = new History();
        history.open("s", 8, 30_000, 1);
        const group = history.services.get("s") ?? new Map<string, Tracked>();
        for (const [index, jitter] of jitters.entries()) {
          const ticks = Math.round((10_000 * jitter) / TICK_MS);
          for (let tick = 0; tick < ticks; tick++) history.tick();
          // Only the first beats for sure: the others come and go.
          for (const tracked of group.values()) {
            if (tracked.lease.id === "i0" || index % 3 !== 0) history.beat(tracked);
          }
          assert.equal(group.get("i0")?.lease.state, "live");
        }
      },
    ),
  );
});
