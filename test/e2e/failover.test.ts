// Failover on a real Envoy: between priorities by healthy share, to degraded instances, in panic, to another service; and
// back. What the plan says each priority gets is what arrives there.
import { afterEach, expect, test } from "@jest/globals";
import { until } from "../../envoy/lab/until.js";
import { chanceBound } from "./harness/binomial.js";
import { Rig, type RigBackend } from "./harness/rig.js";
import type { ServiceLoad } from "./harness/service-load.js";

let rig: Rig | undefined;
afterEach(() => rig?.stop());

const RATE_RPS = 500;
const MEASURED = 500;

interface World {
  readonly rig: Rig;
  readonly load: ServiceLoad;
}

interface Level {
  readonly service?: string;
  readonly priority: number;
  readonly share: number;
  readonly degradedShare: number;
}

async function world(policy: unknown, start: (created: Rig) => Promise<unknown>): Promise<World> {
  const created = await Rig.create();
  rig = created;
  const server = await created.startServer();
  await start(created);
  await server.api.send("PUT", "/v1/services/shop", policy);
  await created.startEnvoy();
  await created.untilServing("shop");
  return { rig: created, load: created.startLoad({ service: "shop", rateRps: RATE_RPS }) };
}

/** What the plan says once its levels are as expected, and what then arrives, by prefix of the backends' names. */
async function measured(
  { rig: created, load }: World,
  isReady: (levels: readonly Level[]) => boolean,
): Promise<{
  readonly levels: readonly Level[];
  readonly shareOf: (prefix: string) => number;
  readonly fromMs: number;
}> {
  const levels = await until(
    async () => {
      const answer = (await created.server.api.get("/v1/services/shop/weights")) as { levels: Level[] };
      return isReady(answer.levels) ? answer.levels : undefined;
    },
    { what: "the plan has these levels", deadlineMs: 5_000, everyMs: 20 },
  );
  await created.untilInForce();
  await load.requests(40); // those sent before are over
  const fromMs = load.now();
  await load.requests(MEASURED);
  const counts = [...load.counts(fromMs)];
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const shareOf = (prefix: string): number =>
    counts.reduce((sum, [name, count]) => sum + (name.startsWith(prefix) ? count : 0), 0) / total;
  return { levels, shareOf, fromMs };
}

function expectShare(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(chanceBound(expected, MEASURED));
}

async function say(backends: readonly RigBackend[], status: "ready" | "degraded" | "starting"): Promise<void> {
  await Promise.all(backends.map(({ registration }) => registration.say(status)));
}

test("priorities: half of the first takes 70 %, none of it nothing, and all comes back; no request fails", async () => {
  let first: readonly RigBackend[] = [];
  const it = await world({ algorithm: "round-robin" }, async (created) => {
    first = await created.startBackends(4, { prefix: "first", service: "shop" });
    await created.startBackends(2, { prefix: "second", service: "shop", priority: 1 });
  });
  const startMs = it.load.now();
  const all = await measured(it, ([level]) => level?.share === 1);
  expect(all.shareOf("first")).toBe(1);

  await say(first.slice(0, 2), "starting");
  const half = await measured(it, ([level]) => level !== undefined && level.share < 1);
  expect(half.levels.map(({ share }) => share)).toEqual([expect.closeTo(0.7, 6), expect.closeTo(0.3, 6)]);
  expectShare(half.shareOf("first"), 0.7);
  expect(half.shareOf("first-1") + half.shareOf("first-2")).toBe(0);

  await say(first.slice(2), "starting");
  const none = await measured(it, ([level]) => level?.share === 0);
  expect(none.shareOf("second")).toBe(1);

  await say(first, "ready");
  const back = await measured(it, ([level]) => level?.share === 1);
  expect(back.shareOf("first")).toBe(1);
  expect(it.load.summary(startMs).errors).toBe(0);
});

test("degraded instances get what the healthy ones cannot take: nothing, 30 %, 65 %, everything", async () => {
  let backends: readonly RigBackend[] = [];
  const it = await world({ algorithm: "round-robin" }, async (created) => {
    backends = await created.startBackends(4, { prefix: "b", service: "shop" });
  });
  const startMs = it.load.now();
  for (const [degraded, expected] of [
    [1, 0],
    [2, 0.3],
    [3, 0.65],
    [4, 1],
  ] as const) {
    const weak = backends.slice(0, degraded);
    await say(weak, "degraded");
    const { levels, shareOf } = await measured(
      it,
      ([level]) => level?.degradedShare.toFixed(6) === expected.toFixed(6),
    );
    expect(levels).toHaveLength(1);
    const actual = weak.reduce((sum, { backend }) => sum + shareOf(backend.name), 0);
    expectShare(actual, expected);
  }
  expect(it.load.summary(startMs).errors).toBe(0);
});

test("panic: off by default, so that nobody who is out gets a request; at 50 % all get one", async () => {
  let backends: readonly RigBackend[] = [];
  const it = await world({ algorithm: "round-robin" }, async (created) => {
    backends = await created.startBackends(4, { prefix: "b", service: "shop" });
  });
  await say(backends.slice(0, 3), "starting");
  const calm = await measured(it, ([level]) => level?.share === 1);
  expect(calm.shareOf("b-4")).toBe(1);
  await it.rig.server.api.send("PUT", "/v1/services/shop", {
    algorithm: "round-robin",
    failover: { panicThresholdPercent: 50 },
  });
  await until(async () => (await it.rig.server.api.weights("shop")).mode === "panic" || undefined, {
    what: "panic",
    deadlineMs: 5_000,
  });
  const panic = await measured(it, ([level]) => level?.share === 1);
  // Round robin serves by turns: each gets a quarter of any four requests, and at most one turn more or less at the ends.
  for (const name of ["b-1", "b-2", "b-3", "b-4"]) expect(Math.abs(panic.shareOf(name) - 0.25)).toBeLessThan(0.01);
});

test("another service takes over when all own instances are out, and gives back; no request fails", async () => {
  let own: readonly RigBackend[] = [];
  const policy = { algorithm: "round-robin", failover: { services: ["backup"] } };
  const it = await world(policy, async (created) => {
    own = await created.startBackends(2, { prefix: "own", service: "shop" });
    await created.startBackends(2, { prefix: "backup", service: "backup" });
  });
  const startMs = it.load.now();
  const before = await measured(it, (levels) => levels[0]?.share === 1 && levels[1]?.service === "backup");
  expect(before.shareOf("own")).toBe(1);
  await say(own, "starting");
  const over = await measured(it, (levels) => levels[1]?.share === 1);
  expect(over.shareOf("backup")).toBe(1);
  await say(own, "ready");
  const back = await measured(it, ([level]) => level?.share === 1);
  expect(back.shareOf("own")).toBe(1);
  expect(it.load.summary(startMs).errors).toBe(0);
  const metrics = await (await fetch(`${it.rig.server.diagnosticsUrl}/metrics`)).text();
  expect(metrics).not.toMatch(/steelyard_signal_dropped_total\{[^}]*unknown_endpoint/);
});

test("a service that takes over hears of that load as of its own: it adapts", async () => {
  let own: readonly RigBackend[] = [];
  let standing: readonly RigBackend[] = [];
  const policy = { algorithm: "adaptive", failover: { services: ["backup"] } };
  const it = await world(policy, async (created) => {
    own = await created.startBackends(2, { prefix: "own", service: "shop" });
    standing = await created.startBackends(3, { prefix: "backup", service: "backup" });
  });
  await say(own, "starting");
  await measured(it, (levels) => levels[1]?.share === 1);
  const { api } = it.rig.server;
  const backup = () => api.get("/v1/services/backup/weights") as Promise<Heard>;
  // Nobody calls it by its own name. 500 a second in reports of 1 s: 4.5 standard deviations of a Poisson count are 101.
  await until(
    async () => {
      const { endpoints, signalMode } = await backup();
      const rps = endpoints.reduce((sum, { load }) => sum + (load?.rps ?? 0), 0);
      return signalMode === "L" && Math.abs(rps - RATE_RPS) < 101 ? true : undefined;
    },
    { what: "the service that takes over hears of all its load", deadlineMs: 10_000 },
  );
  standing[0]?.backend.inject({ failFraction: 1 });
  await until(
    async () => {
      const failing = (await backup()).endpoints.find(({ instance }) => instance === "backup-1");
      return failing !== undefined && failing.share < 0.02 && failing.reasons[0]?.startsWith("failing")
        ? true
        : undefined;
    },
    { what: "the failing one is shed", deadlineMs: 15_000 },
  );
  const shed = await measured(it, () => true);
  expect(shed.shareOf("backup-1")).toBeLessThan(0.05);
});

interface Heard {
  readonly signalMode: string;
  readonly endpoints: readonly {
    readonly instance: string;
    readonly share: number;
    readonly reasons: readonly string[];
    readonly load?: { readonly rps: number };
  }[];
}
