// Preference for near instances on real data planes: callers in two zones, each with an Envoy (or a gRPC client) of its own.
// What the plan says that callers of a zone send where is what arrives there.
import { afterEach, expect, test } from "@jest/globals";
import { parse, stringify } from "yaml";
import { freePorts } from "../../envoy/lab/ports.js";
import { until } from "../../envoy/lab/until.js";
import { chanceBound } from "./harness/binomial.js";
import { ownListener } from "./harness/mode-b.js";
import type { RecordedLoad } from "./harness/recorded-load.js";
import { Rig, type RigBackend } from "./harness/rig.js";
import type { ServiceLoad } from "./harness/service-load.js";

let rig: Rig | undefined;
afterEach(() => rig?.stop());

const MEASURED = 600;
const REGION = "here";
const ZONES = ["a", "b"] as const;
type ZoneName = (typeof ZONES)[number];

interface PlanZone {
  readonly zone: string;
  readonly capacity: number;
  readonly demand: number;
  readonly share: number;
  readonly sends: readonly number[];
}

/** Two backends in each zone, named `a-1`, `a-2`, `b-1`, `b-2`. */
async function world(policy: Readonly<Record<string, unknown>>): Promise<{
  readonly created: Rig;
  readonly backends: Readonly<Record<ZoneName, readonly RigBackend[]>>;
}> {
  const created = await Rig.create();
  rig = created;
  const { api } = await created.startServer();
  await api.send("PUT", "/v1/services/shop", { algorithm: "round-robin", failover: { locality: {} }, ...policy });
  const start = (zone: ZoneName) =>
    created.startBackends(2, { prefix: zone, service: "shop", locality: { region: REGION, zone } });
  return { created, backends: { a: await start("a"), b: await start("b") } };
}

/** An Envoy that stands in the zone, with a listener of its own: that of the server would be the same for both. */
async function envoyIn(created: Rig, zone: ZoneName): Promise<number> {
  const [port] = (await freePorts(1)) as [number];
  await created.startEnvoy({
    nodeId: `edge-${zone}`,
    flags: ["--region", REGION, "--zone", zone],
    transform: (text) => {
      const bootstrap = parse(text);
      bootstrap.static_resources.listeners = [ownListener(port)];
      return stringify(bootstrap);
    },
  });
  await created.untilServing("shop", { port });
  return port;
}

/** From both zones at once: who begins alone is taken for the only caller for a while. */
async function loads(
  created: Rig,
  rps: Readonly<Record<ZoneName, number>>,
): Promise<readonly [ServiceLoad, ServiceLoad]> {
  const ports = { a: await envoyIn(created, "a"), b: await envoyIn(created, "b") };
  const start = (zone: ZoneName, seed: number) =>
    created.startLoad({ service: "shop", port: ports[zone], rateRps: rps[zone], seed });
  return [start("a", 1), start("b", 2)];
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
      return found.length === 2 && isReady(byName) ? byName : undefined;
    },
    { what: "the plan has these zones", deadlineMs, everyMs: 20 },
  );
}

/** Zones come sorted. */
const staysIn = ({ zone, sends }: PlanZone): number => sends[zone === "a" ? 0 : 1] ?? -1;

/** Part of the requests that backends of the zone answer. */
async function partTo(created: Rig, zone: ZoneName, load: RecordedLoad): Promise<number> {
  await created.untilInForce();
  await load.requests(40); // those sent before are over
  const fromMs = load.now();
  await load.requests(MEASURED);
  const counts = [...load.counts(fromMs)];
  const sum = (of: typeof counts): number => of.reduce((total, [, count]) => total + count, 0);
  return sum(counts.filter(([name]) => name.startsWith(zone))) / sum(counts);
}

/** @param bounds what the plan said before and after: demand may be learned meanwhile */
function expectPart(actual: number, ...bounds: readonly number[]): void {
  const expected = Math.min(Math.max(actual, Math.min(...bounds)), Math.max(...bounds));
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(chanceBound(expected, MEASURED));
}

test("callers keep to their zone but for probes, spill over by capacity, leave a zone that is gone, and come back; no request fails", async () => {
  const { created, backends } = await world({});
  const [fromA, fromB] = await loads(created, { a: 250, b: 250 });
  const startMs = fromA.now();
  const say = (members: readonly RigBackend[], status: "ready" | "starting") =>
    Promise.all(members.map(({ registration }) => registration.say(status)));
  const measure = () => Promise.all([partTo(created, "a", fromA), partTo(created, "b", fromB)]);

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
  const { created } = await world({});
  const [fromA, fromB] = await loads(created, { a: 360, b: 120 });
  const soon = await zones(created, ({ a }) => a.demand > 0.6, 30_000);
  const [a, b] = await Promise.all([partTo(created, "a", fromA), partTo(created, "b", fromB)]);
  const late = await zones(created, () => true);
  expectPart(a, staysIn(soon.a), staysIn(late.a));
  expectPart(b, staysIn(soon.b), staysIn(late.b));
  for (const plan of [soon, late]) {
    expect(staysIn(plan.a)).toBeCloseTo(((1.1 * 0.5) / plan.a.demand) * 0.97, 6);
    expect(staysIn(plan.b)).toBeCloseTo(0.97, 6);
    // The band, and what zone b probes: of 60 % of the calls and more, zone a serves little over half.
    expect(plan.a.share).toBeLessThan(0.56);
  }
});

test("a gRPC client keeps to its zone too, and to the other one once that is gone", async () => {
  const created = await Rig.create();
  rig = created;
  const { api } = await created.startServer();
  await api.send("PUT", "/v1/services/shop", { protocol: "http2", failover: { locality: {} } });
  const start = (name: string, zone: string) =>
    created.startGrpcBackend({ name, service: "shop", locality: { region: REGION, zone } });
  await start("a-1", "a");
  await start("b-1", "b");
  const flags = ["--region", REGION, "--zone", "a"];
  const client = await created.startGrpcClient({ service: "shop", rateRps: 200, flags });
  const startMs = client.now();
  const soon = await zones(created, (found) => staysIn(found.a) > 0.9);
  const part = await partTo(created, "a", client);
  const late = await zones(created, () => true);
  expectPart(part, staysIn(soon.a), staysIn(late.a));
  await api.send("POST", "/v1/services/shop/instances/a-1/drain", { timeoutSeconds: 60 });
  await zones(created, ({ a }) => a.capacity === 0);
  expect(await partTo(created, "a", client)).toBe(0);
  expect(client.summary(startMs).errors).toBe(0);
});
