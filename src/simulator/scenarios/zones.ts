// S8: three zones, 40 ms apart; one is lost and comes back.
import { BASE, host, planOf, type Scenario } from "../scenario.js";
import { range } from "./range.js";

const ZONES = 3;
/** The catalogue hears of it when the leases run out. */
const LEASE_MS = 15_000;

export const zoneLoss: Scenario = {
  name: "S8",
  title: "three zones 40 ms apart; one cannot be reached for a minute, the catalogue knows after 15 s",
  expectation: "failing over takes a second or two, not a lease; the zone is back soon after it returns",
  defaults: { ...BASE, proxies: 6, load: 0.5, seconds: 60 },
  plan: (parameters) => {
    const { hosts, proxies, warmupSeconds, seconds } = parameters;
    const lost = range(hosts).filter((index) => index % ZONES === 0);
    const fromMs = warmupSeconds * 1_000;
    const toMs = fromMs + seconds * 1_000;
    return planOf(
      parameters,
      range(hosts).map((index) => host({ zone: index % ZONES })),
      {
        proxyZones: range(proxies).map((proxy) => proxy % ZONES),
        crossZoneMs: 40,
        timeline: [
          { atMs: fromMs, kind: "hosts", hosts: lost, change: { kind: "reach", state: "unreachable" } },
          { atMs: fromMs + LEASE_MS, kind: "hosts", hosts: lost, change: { kind: "member", state: "absent" } },
          { atMs: toMs, kind: "hosts", hosts: lost, change: { kind: "reach", state: "up" } },
          { atMs: toMs, kind: "hosts", hosts: lost, change: { kind: "member", state: "ready" } },
        ],
        marks: [
          { name: "onset", atMs: fromMs, hosts: lost, kind: "onset" },
          { name: "end", atMs: toMs, hosts: lost, kind: "end" },
        ],
        moreWindows: [{ name: "recovery", fromMs: toMs, toMs: toMs + 30_000 }],
        totalMs: toMs + 35_000,
      },
    );
  },
};
