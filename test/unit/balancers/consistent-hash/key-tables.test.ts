import { describe, expect, test } from "@jest/globals";
import { type KeyedHost, KeyTables } from "../../../../src/balancers/consistent-hash/key-tables.js";
import { MaglevBalancer } from "../../../../src/balancers/consistent-hash/maglev.js";
import type { HealthStatus } from "../../../../src/model/health.js";

const MAGLEV = { policy: "maglev", tableSize: 65_537 } as const;
const RING = { policy: "ring_hash", minimumRingSize: 1_024, maximumRingSize: 1_048_576 } as const;
const SETTINGS = { overprovisioningPercent: 140, panicThresholdPercent: 0 };

const host = (port: number, health: HealthStatus = "HEALTHY", weight = 100): KeyedHost => ({
  address: `10.0.0.1:${port}`,
  weight,
  health,
});
const KEYS = Array.from({ length: 1_000 }, (_, index) => `key-${index}`);

/** How many of the keys each address owns. */
function counts(tables: KeyTables): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const key of KEYS) {
    const name = tables.ownerOf(key)?.host.address ?? "nobody";
    found[name] = (found[name] ?? 0) + 1;
  }
  return found;
}

test.each([MAGLEV, RING])("says where in which table ($policy)", (enforcement) => {
  const tables = new KeyTables(enforcement, [[host(1), host(2, "DRAINING"), host(3)]], SETTINGS);
  const owner = tables.ownerOf("key-1");
  expect(owner).toMatchObject({ level: 0, hosts: 2, slots: tables.mostSlots });
  expect(owner?.hash).toMatch(/^[0-9a-f]{16}$/);
  expect(owner?.slot).toBeLessThan(tables.mostSlots);
});

test("agrees with the balancer of the library, weights included", () => {
  const hosts = [host(1, "HEALTHY", 100), host(2, "UNKNOWN", 200), host(3, "HEALTHY", 400)];
  const specs = hosts.map(({ address, weight }) => ({ id: address, address, weight, health: "healthy" as const }));
  const [tables, balancer] = [new KeyTables(MAGLEV, [hosts], SETTINGS), new MaglevBalancer(specs)];
  for (const key of KEYS) expect(tables.ownerOf(key)?.host.address).toBe(balancer.ownerOf(key)?.id);
});

test("takes weights larger than registered ones can be", () => {
  const tables = new KeyTables(MAGLEV, [[host(1, "HEALTHY", 3_000_000_000), host(2, "HEALTHY", 1)]], SETTINGS);
  expect(tables.ownerOf("key")?.host.address).toBe("10.0.0.1:1");
});

describe("health", () => {
  test.each<HealthStatus>(["DRAINING", "UNHEALTHY", "TIMEOUT", "DEGRADED"])("%s owns nothing", (health) => {
    expect(Object.keys(counts(new KeyTables(MAGLEV, [[host(1), host(2, health)]], SETTINGS)))).toEqual(["10.0.0.1:1"]);
  });

  test("nobody owns anything when all are out", () => {
    const tables = new KeyTables(RING, [[host(1, "TIMEOUT")]], SETTINGS);
    expect([tables.ownerOf("key"), tables.mostSlots]).toEqual([undefined, 0]);
    expect(new KeyTables(RING, [], SETTINGS).ownerOf("key")).toBeUndefined();
  });

  test("unless the threshold says that health is then ignored", () => {
    const panicking = { ...SETTINGS, panicThresholdPercent: 50 };
    const tables = new KeyTables(MAGLEV, [[host(1, "TIMEOUT"), host(2, "DRAINING")]], panicking);
    expect(Object.keys(counts(tables)).toSorted()).toEqual(["10.0.0.1:1", "10.0.0.1:2"]);
  });
});

test("a priority that is half out hands on 30 % of the keys, and the rest keep their owners", () => {
  const levels = [
    [host(1), host(2, "UNHEALTHY")],
    [host(3), host(4)],
  ];
  const tables = new KeyTables(MAGLEV, levels, SETTINGS);
  const { "10.0.0.1:1": first = 0, ...second } = counts(tables);
  // 1,000 keys at 70 %: 99.99 % of all draws are within 3.9 × sqrt(1000 × 0.7 × 0.3) = 57.
  expect(Math.abs(first - 700)).toBeLessThan(57);
  expect(Object.keys(second).toSorted()).toEqual(["10.0.0.1:3", "10.0.0.1:4"]);
});
