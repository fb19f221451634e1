import { expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { type HashHost, hashHosts } from "../../../../src/balancers/consistent-hash/hash-hosts.js";
import { MaglevTable } from "../../../../src/balancers/consistent-hash/maglev-table.js";
import { Xxh64 } from "../../../../src/stats/xxh64.js";

const hostsOf = (...hosts: readonly (readonly [string, number])[]) =>
  hashHosts(hosts.map(([address, weight]) => ({ id: address, address, weight, health: "healthy" as const })));

const owners = (table: MaglevTable): readonly number[] =>
  Array.from({ length: table.size }, (_, slot) => table.ownerOf(slot));

// The tables that Envoy's maglev_lb_test.cc writes out.
it("fills a table of seven as Envoy does", () => {
  const byAddress = hostsOf(...[90, 91, 92, 93, 94, 95].map((port) => [`127.0.0.1:${port}`, 1] as const));
  expect(owners(new MaglevTable(byAddress, 7))).toEqual([2, 4, 0, 1, 5, 0, 3]);
  const byHostname = hostsOf(...[90, 91, 92, 93, 94, 95].map((name) => [`${name}`, 1] as const));
  expect(owners(new MaglevTable(byHostname, 7))).toEqual([2, 5, 0, 3, 4, 1, 0]);
});

it.each([
  { weights: [1, 2], table: [1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1] },
  { weights: [1, 1], table: [1, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1] },
  { weights: [8, 2], table: [1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0] },
])("shares a table of seventeen by weights $weights as Envoy does", ({ weights, table }) => {
  const hosts = hostsOf(...weights.map((weight, i) => [`127.0.0.1:${90 + i}`, weight] as const));
  expect(owners(new MaglevTable(hosts, 17))).toEqual(table);
});

it("takes a 64-bit hash modulo its size", () => {
  const table = new MaglevTable(hostsOf(["a", 1]), 65_537);
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (hash) => {
      const slot = table.slotOf(Number(hash >> 32n), Number(hash & 0xffff_ffffn));
      expect(slot).toBe(Number(hash % 65_537n));
    }),
  );
});

it("refuses sizes that are not prime", () => {
  for (const size of [0, 1, 8, 65_536, 2.5, Number.NaN, 5_000_081]) {
    expect(() => new MaglevTable([], size)).toThrow(/prime/);
  }
});

/** The rule as Envoy runs it: every round looks at every host. Slow for skewed weights, and what the table must equal. */
function filledByRounds(hosts: readonly HashHost[], size: number): readonly number[] {
  const hash = new Xxh64();
  const modulo = (divisor: number): number => Number(((BigInt(hash.high) << 32n) | BigInt(hash.low)) % BigInt(divisor));
  const entries = hosts
    .map(({ key, weight }, host) => {
      hash.hash(key);
      const offset = modulo(size);
      hash.hash(key, 1);
      return { key, host, weight, offset, skip: modulo(size - 1) + 1, next: 0, target: 0 };
    })
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const largest = Math.max(...hosts.map(({ weight }) => weight));
  const table = Array.from({ length: size }, () => -1);
  let filled = 0;
  for (let round = 1; filled < size; round++) {
    for (const entry of entries) {
      if (filled === size) break;
      if (round * entry.weight < entry.target) continue;
      entry.target += largest;
      const slot = (): number => (entry.offset + entry.skip * entry.next) % size;
      while (table[slot()] !== -1) entry.next++;
      table[slot()] = entry.host;
      entry.next++;
      filled++;
    }
  }
  return table;
}

it("equals the rule that looks at every host in every round", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(weights, fc.constantFrom(2, 7, 53, 257, 1_009), (list, size) => {
      const hosts = hostsOf(...list.map((weight, i) => [`10.0.0.${i}:80`, weight] as const));
      expect(owners(new MaglevTable(hosts, size))).toEqual(filledByRounds(hosts, size));
    }),
    { numRuns: 60 },
  );
});
