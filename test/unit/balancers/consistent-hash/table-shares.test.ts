// How much of the hash space each backend owns, exactly, from the tables themselves.
import { expect, it } from "@jest/globals";
import { ConsistentHashBalancer } from "../../../../src/balancers/consistent-hash/consistent-hash.js";
import type { HashHost } from "../../../../src/balancers/consistent-hash/hash-hosts.js";
import { MaglevTable } from "../../../../src/balancers/consistent-hash/maglev-table.js";

it("Maglev: slots are proportional to weights, to within one turn", () => {
  const weights = [1, 2, 4];
  const hosts: readonly HashHost[] = weights.map((weight, i) => ({ key: `127.0.0.1:${9000 + i}`, weight: weight / 7 }));
  const table = new MaglevTable(hosts, 65_537);
  const slots = [0, 0, 0];
  for (let slot = 0; slot < table.size; slot++) {
    const owner = table.ownerOf(slot);
    slots[owner] = (slots[owner] ?? 0) + 1;
  }
  slots.forEach((count, i) => {
    expect(Math.abs(count - (65_537 * (weights[i] ?? 0)) / 7)).toBeLessThanOrEqual(4);
  });
});

it("ring: the weights come through, as exactly as the number of points allows", () => {
  const backends = [1, 2, 4].map((weight, i) => ({
    id: `b${i}`,
    address: `127.0.0.1:${9000 + i}`,
    weight,
    health: "healthy" as const,
  }));
  const balancer = new ConsistentHashBalancer(backends, { virtualNodes: 1_000 });
  const counts = new Map<string, number>();
  const keys = 20_000;
  for (let key = 0; key < keys; key++) {
    const id = balancer.ownerOf(`key-${key}`)?.id ?? "";
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  // 430 points leave a relative spread of 1/sqrt(430) = 5 %; four of those for the lightest.
  backends.forEach(({ id, weight }) => {
    const expected = (keys * weight) / 7;
    expect(Math.abs((counts.get(id) ?? 0) - expected) / expected).toBeLessThan(0.2);
  });
});
