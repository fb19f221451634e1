// Preference for near instances on real data planes: callers in two zones, each with an Envoy (or a gRPC client) of its own.
// What the plan says that callers of a zone send where is what arrives there.
import { afterEach, expect, test } from "@jest/globals";
import { parse, stringify } from "yaml";
import { freePort } from "../../envoy/lab/ports.js";
import { until } from "../../envoy/lab/until.js";
import { sumOf } from "../../src/stats/parts.js";
import { chanceBound } from "./harness/binomial.js";
import { ownListener } from "./harness/mode-b.js";
import type { RecordedLoad } from "./harness/recorded-load.js";
import { Rig, type RigBackend } from "./harness/rig.js";
import type { ServiceLoad } from "./harness/service-load.js";

let rig: Rig | undefined;
afterEach(() => rig?.stop());

const MEASURED = 600;
const REGIONS = { a: "here", b: "here", c: "there" };
type ZoneName = keyof typeof REGIONS;
const ZONES: readonly ZoneName[] = ["a", "b", "c"];

interface PlanZone {
  readonly zone: ZoneName;
  readonly capacity: number;
  readonly demand: number;
  readonly share: number;
  readonly sends: readonly number[];
}

/** Two backends in each zone, named `a-1`, `a-2`, `b-1`, `b-2` and so on. */
async function world(names: readonly ZoneName[] = ["a", "b"]): Promise<{
  readonly created: Rig;
  readonly backends: Readonly<Record<ZoneName, readonly RigBackend[]>>;
}> {
  const created = await Rig.create();
  rig = created;
  const { api } = await created.startServer();
  await api.send("PUT", "/v1/services/shop", { algorithm: "round-robin", failover: { locality: {} } });
  const backends: Record<ZoneName, readonly RigBackend[]> = { a: [], b: [], c: [] };
  for (const zone of names) {
    const locality = { region: REGIONS[zone], zone };
    backends[zone] = await created.startBackends(2, { prefix: zone, service: "shop", locality });
  }
  return { created, backends };
}

/** An Envoy that stands in the zone, with a listener of its own: that of the server would be the same for both. */
async function envoyIn(created: Rig, zone: ZoneName): Promise<number> {
  const port = await freePort();
  await created.startEnvoy({
    nodeId: `edge-${zone}`,
    flags: ["--region", REGIONS[zone], "--zone", zone],
    transform: (text) => {
      const bootstrap = parse(text);
      bootstrap.static_resources.listeners = [ownListener(port)];
      return stringify(bootstrap);
    },
  });
  await created.untilServing("shop", { port });
  return port;
}

interface Calls {
  readonly from: ZoneName;
  readonly rps: number;
}

/** From both zones at once: who begins alone is taken for the only caller for a while. */
async function loads(created: Rig, one: Calls, other: Calls): Promise<readonly [ServiceLoad, ServiceLoad]> {
  const ports = [await envoyIn(created, one.from), await envoyIn(created, other.from)] as const;
  const start = (port: number, rateRps: number, seed: number) =>
    created.startLoad({ service: "shop", port, rateRps, seed });
  return [start(ports[0], one.rps, 1), start(ports[1], other.rps, 2)];
}

/** What the plan says of the zones, as soon as it is as expected. */
async function zones(
  created: Rig,
  isReady: (zones: Readonly<Record<ZoneName, PlanZone>>) => boolean,
  deadlineMs = 5_000,
) {
  return until(
    async () => {
      const answer = (await created.server.api.get("/v1/services/shop/weights")) as {
        localities?: { levels: { zones: PlanZone[] }[] };
      };
      const found = answer.localities?.levels[0]?.zones ?? [];
      const byName = Object.fromEntries(found.map((zone) => [zone.zone, zone])) as Record<ZoneName, PlanZone>;
      return found.length > 1 && isReady(byName) ? byName : undefined;
    },
    { what: "the plan has these zones", deadlineMs, everyMs: 20 },
  );
}

/** Zones come sorted, here with their regions. */
const sent = (from: PlanZone, to: ZoneName): number => from.sends[ZONES.indexOf(to)] ?? -1;
const staysIn = (zone: PlanZone): number => sent(zone, zone.zone);

/** Part of the requests that backends of each zone answer. */
async function partsTo(created: Rig, load: RecordedLoad): Promise<Readonly<Record<ZoneName, number>>> {
  await created.untilInForce();
  await load.requests(40); // those sent before are over
  const fromMs = load.now();
  await load.requests(MEASURED);
  const counts = [...load.counts(fromMs)];
  const of = (prefix: string): number =>
    sumOf(counts.map(([name, count]) => (name.startsWith(prefix) ? count : 0))) / sumOf(counts.map(([, n]) => n));
  return { a: of("a"), b: of("b"), c: of("c") };
}

/** @param bounds what the plan said before and after: demand may be learned meanwhile */
function expectPart(actual: number, ...bounds: readonly number[]): void {
  const expected = Math.min(Math.max(actual, Math.min(...bounds)), Math.max(...bounds));
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(chanceBound(expected, MEASURED));
}

test("callers keep to their zone but for probes, spill over by capacity, leave a zone that is gone, and come back; no request fails", async () => {
  const { created, backends } = await world();
  const [fromA, fromB] = await loads(created, { from: "a", rps: 250 }, { from: "b", rps: 250 });
  const startMs = fromA.now();
  const say = (members: readonly RigBackend[], status: "ready" | "starting") =>
    Promise.all(members.map(({ registration }) => registration.say(status)));
  const measure = async () => {
    const [a, b] = await Promise.all([partsTo(created, fromA), partsTo(created, fromB)]);
    return [a.a, b.b] as const;
  };

  const near = await zones(created, ({ a, b }) => staysIn(a) > 0.96 && staysIn(b) > 0.96);
  const atHome = await measure();
  expectPart(atHome[0], staysIn(near.a));
  expectPart(atHome[1], staysIn(near.b));
  expect(staysIn(near.a)).toBeCloseTo(0.97, 6);

  // Half of zone a is out: it keeps what a third of what is left can take, and a tenth more, of half of the calls.
  await say(backends.a.slice(0, 1), "starting");
  const half = await zones(created, ({ a }) => a.capacity < 0.4);
  expect(half.a.capacity).toBeCloseTo(1 / 3, 6);
  expect(Math.abs(half.a.demand - 0.5)).toBeLessThan(0.05); // it is measured
  expect(staysIn(half.a)).toBeCloseTo(((1.1 * half.a.capacity) / half.a.demand) * 0.97, 6);
  const spilt = await measure();
  expectPart(spilt[0], staysIn(half.a));
  expectPart(spilt[1], staysIn(half.b));

  await say(backends.a.slice(1), "starting");
  await zones(created, ({ a }) => a.capacity === 0);
  expect(await measure()).toEqual([0, 1]);

  await say(backends.a, "ready");
  const back = await zones(created, ({ a }) => staysIn(a) > 0.96);
  expectPart((await measure())[0], staysIn(back.a));
  for (const load of [fromA, fromB]) expect(load.summary(startMs).errors).toBe(0);
});

test("a zone that calls more than its part keeps what its capacity and the band allow, by measured demand", async () => {
  const { created } = await world();
  const [fromA, fromB] = await loads(created, { from: "a", rps: 360 }, { from: "b", rps: 120 });
  const soon = await zones(created, ({ a }) => a.demand > 0.6, 30_000);
  const [ofA, ofB] = await Promise.all([partsTo(created, fromA), partsTo(created, fromB)]);
  const late = await zones(created, () => true);
  expectPart(ofA.a, staysIn(soon.a), staysIn(late.a));
  expectPart(ofB.b, staysIn(soon.b), staysIn(late.b));
  for (const plan of [soon, late]) {
    expect(staysIn(plan.a)).toBeCloseTo(((1.1 * 0.5) / plan.a.demand) * 0.97, 6);
    expect(staysIn(plan.b)).toBeCloseTo(0.97, 6);
    // The band, and what zone b probes: of 60 % of the calls and more, zone a serves little over half.
    expect(plan.a.share).toBeLessThan(0.56);
  }
});

test("what has no place at home goes to the other zone of the region, and to another region once that is gone", async () => {
  const { created, backends } = await world(["a", "b", "c"]);
  const [fromA, fromC] = await loads(created, { from: "a", rps: 240 }, { from: "c", rps: 240 });
  const startMs = fromA.now();
  const expectParts = (parts: Readonly<Record<ZoneName, number>>, ...plans: readonly PlanZone[]) => {
    for (const zone of ZONES) expectPart(parts[zone], ...plans.map((plan) => sent(plan, zone)));
  };

  // A fifth of what is left is in zone a, and half of the calls come from there: what it spills finds room in zone b, as
  // soon as it is known that hardly any come from b.
  await backends.a[0]?.registration.say("starting");
  const soon = await zones(created, ({ a, b }) => a.capacity < 0.3 && b.demand < 0.1, 60_000);
  const [ofA, ofC] = await Promise.all([partsTo(created, fromA), partsTo(created, fromC)]);
  const late = await zones(created, () => true);
  expectParts(ofA, soon.a, late.a);
  expectPart(ofC.c, staysIn(soon.c), staysIn(late.c));
  for (const plan of [soon, late]) {
    // Less than the probes: those go to both of the other zones.
    expect(sent(plan.a, "c")).toBeLessThan(0.03);
    expect(sent(plan.a, "b")).toBeGreaterThan(0.5);
  }

  await Promise.all(backends.b.map(({ registration }) => registration.say("starting")));
  const before = await zones(created, ({ b }) => b.capacity === 0);
  const far = await partsTo(created, fromA);
  const after = await zones(created, () => true);
  expectParts(far, before.a, after.a);
  expect(sent(before.a, "c")).toBeGreaterThan(0.2);
  for (const load of [fromA, fromC]) expect(load.summary(startMs).errors).toBe(0);
});

test("a gRPC client keeps to its zone too, and to the other one once that is gone", async () => {
  const created = await Rig.create();
  rig = created;
  const { api } = await created.startServer();
  await api.send("PUT", "/v1/services/shop", { protocol: "http2", failover: { locality: {} } });
  const start = (name: string, zone: string) =>
    created.startGrpcBackend({ name, service: "shop", locality: { region: REGIONS.a, zone } });
  await start("a-1", "a");
  await start("b-1", "b");
  const flags = ["--region", REGIONS.a, "--zone", "a"];
  const client = await created.startGrpcClient({ service: "shop", rateRps: 200, flags });
  const startMs = client.now();
  const soon = await zones(created, (found) => staysIn(found.a) > 0.9);
  const { a: part } = await partsTo(created, client);
  const late = await zones(created, () => true);
  expectPart(part, staysIn(soon.a), staysIn(late.a));
  await api.send("POST", "/v1/services/shop/instances/a-1/drain", { timeoutSeconds: 60 });
  await zones(created, ({ a }) => a.capacity === 0);
  expect((await partsTo(created, client)).a).toBe(0);
  expect(client.summary(startMs).errors).toBe(0);
});
