import { describe, expect, test } from "@jest/globals";
import { parseInstanceId, parseServiceName, type ServiceName } from "../../../src/model/ids.js";
import { DeadlineWheel } from "../../../src/registry/deadline-wheel.js";
import { type Lease, LeaseBook, type LeaseTerms } from "../../../src/registry/lease-book.js";
import { ListeningClock } from "../../../src/registry/listening-clock.js";
import { SelfPreservation, silence } from "../../../src/registry/self-preservation.js";

const orders = parseServiceName("orders");
const terms: LeaseTerms = { ttlMs: 30_000, deregisterAfterMs: 600_000, ready: true };

/** A book that ticks every 250 ms and records the second of each move. */
class Ticker {
  nowMs: number;
  readonly book: LeaseBook;
  readonly log: string[] = [];
  hearing = true;

  constructor(startMs = 0) {
    this.nowMs = startMs;
    this.book = new LeaseBook(startMs);
  }

  open(count: number, service: ServiceName = orders, extra: Partial<LeaseTerms> = {}, restored = false): Lease[] {
    return Array.from({ length: count }, (_, index) =>
      this.book.open(service, parseInstanceId(`i${index}`), { ...terms, ...extra }, this.nowMs, restored),
    );
  }

  /** Leases in `beating` send a beat every 10 s. Expired ones are closed. */
  pass(seconds: number, beating: readonly Lease[] = []): void {
    for (let quarter = 0; quarter < seconds * 4; quarter++) {
      this.nowMs += 250;
      if (this.nowMs % 10_000 === 0) for (const lease of beating) this.book.beat(lease, this.nowMs);
      const { suspects, expired, drained } = this.book.tick(this.nowMs, this.hearing);
      for (const lease of suspects) this.log.push(`${this.nowMs / 1_000} suspect ${lease.id}`);
      for (const lease of expired) this.log.push(`${this.nowMs / 1_000} expired ${lease.id}`);
      for (const lease of drained) this.log.push(`${this.nowMs / 1_000} drained ${lease.id}`);
      for (const lease of [...expired, ...drained]) this.book.close(lease);
    }
  }
}

describe("one silent instance", () => {
  test("is suspect at its ttl and expires 600 s later", () => {
    const ticker = new Ticker();
    const [silent, ...others] = ticker.open(5);
    ticker.pass(700, others);
    expect(ticker.log).toEqual([`30 suspect ${silent?.id}`, `630 expired ${silent?.id}`]);
    expect(ticker.book.size).toBe(4);
  });

  test("is live again with its first beat", () => {
    const ticker = new Ticker();
    const [silent, ...others] = ticker.open(5);
    if (!silent) throw new Error("no lease");
    ticker.pass(100, others);
    expect(silent.state).toBe("suspect");
    expect(ticker.book.suspects).toBe(1);
    expect(ticker.book.beat(silent, ticker.nowMs)).toBe(true);
    expect(silent.state).toBe("live");
    expect(ticker.book.suspects).toBe(0);
    ticker.pass(29, others);
    expect(ticker.log).toHaveLength(1);
    ticker.pass(2, others);
    expect(ticker.log).toHaveLength(2);
  });

  test("a beat that races with its removal wins", () => {
    const ticker = new Ticker();
    const [silent, other] = ticker.open(2, orders, { deregisterAfterMs: 60_000 });
    if (!silent || !other) throw new Error("no lease");
    ticker.pass(89, [other]);
    let expired: readonly Lease[] = [];
    for (let tick = 0; tick < 100 && expired.length === 0; tick++) {
      ticker.nowMs += 250;
      ticker.book.beat(other, ticker.nowMs);
      expired = ticker.book.tick(ticker.nowMs, true).expired;
    }
    expect(silent.removing).toBe(true);
    expect(ticker.book.stillDue(silent, ticker.nowMs)).toBe(true);
    ticker.book.beat(silent, ticker.nowMs);
    expect(ticker.book.stillDue(silent, ticker.nowMs)).toBe(false);
    ticker.book.keep(silent, ticker.nowMs);
    ticker.pass(25, [other]);
    expect(silent.state).toBe("live");
  });

  test("a removal that failed is asked for again", () => {
    const ticker = new Ticker();
    const [silent, other] = ticker.open(2);
    if (!silent || !other) throw new Error("no lease");
    ticker.book.drainAfter(silent, 1_000, 0);
    expect(ticker.book.tick(1_000, true).drained).toEqual([silent]);
    expect(ticker.book.tick(1_250, true).drained).toEqual([]);
    ticker.book.keep(silent, 1_250);
    expect(ticker.book.tick(2_250, true).drained).toEqual([silent]);
    ticker.book.close(silent);
    ticker.book.keep(silent, 2_250);
    expect(ticker.book.tick(10_000, true).drained).toEqual([]);
  });
});

describe("law 1: expiry never empties a service", () => {
  test("the last ready instance stays, however long it is silent", () => {
    const ticker = new Ticker();
    ticker.open(3);
    ticker.pass(5_000);
    expect(ticker.log.filter((line) => line.includes("expired"))).toHaveLength(2);
    expect(ticker.book.size).toBe(1);
  });

  test("an instance that is not ready does not stand in for the last ready one", () => {
    const ticker = new Ticker();
    const [ready] = ticker.open(1);
    const idle = ticker.book.open(orders, parseInstanceId("idle"), { ...terms, ready: false }, 0);
    ticker.pass(2_000, [idle]);
    expect(ready?.state).toBe("suspect");
    expect(ticker.book.size).toBe(2);
  });

  test("an instance that is not ready goes, but not as the last of all", () => {
    const ticker = new Ticker();
    ticker.open(2, orders, { ready: false });
    ticker.pass(2_000);
    expect(ticker.book.size).toBe(1);
  });
});

describe("self-preservation", () => {
  test("all silent at once: nobody is moved, for as long as it takes", () => {
    const ticker = new Ticker();
    const leases = ticker.open(9);
    ticker.pass(3_600);
    expect(ticker.log).toEqual([]);
    expect(ticker.book.preservation).toEqual({ all: true, services: [orders] });
    ticker.pass(60, leases);
    expect(ticker.book.preservation).toEqual({ all: false, services: [] });
    expect(ticker.log).toEqual([]);
  });

  test("covers only the service that fell silent when the others are heard", () => {
    const ticker = new Ticker();
    const other = parseServiceName("payments");
    ticker.open(5);
    const heard = ticker.open(100, other);
    const [silent, ...rest] = heard;
    ticker.pass(60, rest);
    expect(ticker.book.preservation).toEqual({ all: false, services: [orders] });
    expect(ticker.log).toEqual([`30 suspect ${silent?.id}`]);
  });

  test("ends two intervals after the beats are back, and then one who stays silent is moved", () => {
    const ticker = new Ticker();
    const [silent, ...others] = ticker.open(10);
    ticker.pass(100);
    expect(ticker.log).toEqual([]);
    ticker.pass(40, others);
    expect(ticker.log).toHaveLength(1);
    expect(ticker.log[0]).toMatch(new RegExp(`^1[23]\\d suspect ${silent?.id}$`));
  });

  test("keeps those, too, who were suspect before", () => {
    const ticker = new Ticker();
    const [silent, ...others] = ticker.open(9, orders, { deregisterAfterMs: 60_000 });
    ticker.pass(60, others);
    ticker.pass(600);
    expect(ticker.log).toEqual([`30 suspect ${silent?.id}`]);
    ticker.pass(60, others);
    expect(ticker.log.slice(1).map((line) => line.split(" ")[1])).toEqual(["expired"]);
  });

  test("is nothing for fewer than five instances: they cannot outvote each other", () => {
    const ticker = new Ticker();
    ticker.open(4);
    ticker.pass(100);
    expect(ticker.log).toHaveLength(4);
  });

  test("is fair to leases of an hour and to clients that beat at half a ttl", () => {
    const ticker = new Ticker();
    const leases = ticker.open(6, orders, { ttlMs: 3_600_000 });
    for (let minute = 0; minute < 600; minute++) {
      if (minute % 30 === 0) for (const lease of leases.slice(1)) ticker.book.beat(lease, ticker.nowMs);
      ticker.pass(60);
    }
    expect(ticker.log[0]).toBe(`3600 suspect ${leases[0]?.id}`);
    expect(ticker.book.preservation.all).toBe(false);
  });

  test("a client that beats a hundred times too often does not hide the silence of the others", () => {
    const ticker = new Ticker();
    const [loud] = ticker.open(6);
    if (!loud) throw new Error("no lease");
    for (let tick = 0; tick < 400; tick++) {
      for (let beat = 0; beat < 100; beat++) ticker.book.beat(loud, ticker.nowMs);
      ticker.pass(0.25);
    }
    expect(ticker.log).toEqual([]);
    expect(ticker.book.preservation.all).toBe(true);
  });

  test("silence is a part of two ttls, and none up to half a ttl", () => {
    expect(silence(-60_000, 30_000)).toBe(0);
    expect(silence(15_000, 30_000)).toBe(0);
    expect(silence(30_000, 30_000)).toBe(0.5);
    expect(silence(1e9, 30_000)).toBe(1);
    const preservation = new SelfPreservation();
    expect(preservation.update({ instances: 100, live: 100, silence: 15 }, 0)).toBe(false);
    expect(preservation.update({ instances: 100, live: 100, silence: 15.1 }, 0)).toBe(true);
    expect(preservation.update({ instances: 100, live: 0, silence: 0 }, 10_000)).toBe(true);
    expect(preservation.update({ instances: 100, live: 100, silence: 0 }, 30_000)).toBe(false);
  });
});

describe("rate of moves", () => {
  test("at most 15 % of a service turn suspect within 10 s", () => {
    const ticker = new Ticker();
    const leases = ticker.open(100);
    ticker.pass(70, leases.slice(28));
    const bySecond = new Map<number, number>();
    for (const line of ticker.log) bySecond.set(parseFloat(line), (bySecond.get(parseFloat(line)) ?? 0) + 1);
    expect([...bySecond]).toEqual([
      [30, 15],
      [40, 13],
    ]);
  });

  test("but always one", () => {
    const ticker = new Ticker();
    ticker.open(3);
    ticker.pass(60);
    expect(ticker.log.map((line) => parseFloat(line))).toEqual([30, 40, 50]);
  });
});

describe("deadlines run only while we can hear", () => {
  test("a process that was stopped for a minute has evicted nobody", () => {
    const ticker = new Ticker();
    ticker.open(3);
    ticker.pass(20);
    ticker.nowMs += 60_000;
    ticker.pass(9);
    expect(ticker.log).toEqual([]);
    expect(ticker.book.lostMs).toBe(60_000);
    ticker.pass(2);
    expect(ticker.log).toHaveLength(1);
  });

  test("the first thing after the stop may be a beat", () => {
    const ticker = new Ticker();
    const [beaten, unbeaten] = ticker.open(2);
    if (!beaten || !unbeaten) throw new Error("no lease");
    ticker.pass(20);
    ticker.nowMs += 60_000;
    ticker.book.beat(beaten, ticker.nowMs);
    ticker.pass(9);
    expect(ticker.book.remainingMs(unbeaten, ticker.nowMs)).toBeLessThanOrEqual(1_000);
    expect(ticker.log).toEqual([]);
    ticker.pass(2);
    expect(ticker.log.map((line) => line.split(" ")[2])).toEqual([unbeaten.id]);
  });

  test("a late tick of less than a second is no stall", () => {
    const clock = new ListeningClock(0);
    expect(clock.at(1_200)).toBe(1_200);
    expect(clock.at(2_500)).toBe(1_450);
    expect(clock.lostMs).toBe(1_050);
  });

  test("time never goes back", () => {
    const clock = new ListeningClock(1_000);
    expect([clock.at(500), clock.at(1_000), clock.at(900), clock.at(1_100)]).toEqual([1_000, 1_000, 1_000, 1_100]);
  });

  test("nothing runs out, not even a drain, while the store is away", () => {
    const ticker = new Ticker();
    const [draining] = ticker.open(3);
    if (!draining) throw new Error("no lease");
    ticker.book.drainAfter(draining, 30_000, 0);
    ticker.pass(20);
    ticker.hearing = false;
    ticker.pass(600);
    expect(ticker.log).toEqual([]);
    ticker.hearing = true;
    ticker.pass(12);
    expect(new Set(ticker.log.map((line) => line.split(" ")[1]))).toEqual(new Set(["drained", "suspect"]));
  });

  test("a restored lease has 90 s to be heard, one with a longer ttl that", () => {
    const ticker = new Ticker(12_345_000);
    ticker.open(2, orders, {}, true);
    const [long] = ticker.open(1, parseServiceName("slow"), { ttlMs: 120_000 }, true);
    const start = ticker.nowMs;
    if (!long) throw new Error("no lease");
    expect(ticker.book.isSilent(long, start)).toBe(true);
    ticker.book.beat(long, start + 1);
    expect(ticker.book.isSilent(long, start + 2)).toBe(false);
    ticker.pass(200);
    expect(ticker.log.map((line) => parseFloat(line) - start / 1_000)).toEqual([90, 100, 120.25]);
  });

  test("the first beat after a restart ends the grace", () => {
    const ticker = new Ticker();
    const [lease] = ticker.open(1, orders, {}, true);
    if (!lease) throw new Error("no lease");
    ticker.pass(10, [lease]);
    ticker.pass(31);
    expect(ticker.log).toEqual([`40 suspect ${lease.id}`]);
  });
});

describe("DeadlineWheel", () => {
  test("looks at each item once, not before its time and at most a slot later", () => {
    const wheel = new DeadlineWheel<{ slot: number; name: string }>(100);
    const item = (name: string) => ({ slot: -1, name });
    const [a, b, c, d] = [item("a"), item("b"), item("c"), item("d")] as const;
    wheel.schedule(a, 1_000);
    wheel.schedule(b, 400);
    wheel.schedule(c, 2_000);
    wheel.schedule(c, 600); // earlier wins
    wheel.schedule(d, 700);
    wheel.schedule(d, 9_000); // later is ignored
    wheel.remove(b);
    expect(wheel.due(499)).toEqual([]);
    expect(wheel.due(750).map((found) => found.name)).toEqual(["c", "d"]);
    expect(wheel.due(5_000).map((found) => found.name)).toEqual(["a"]);
    wheel.schedule(c, 0); // in the past: as soon as possible
    expect(wheel.due(5_250).map((found) => found.name)).toEqual(["c"]);
    expect(wheel.due(60_000)).toEqual([]);
  });
});
