// The figures that the settings of the fleet policy `consistent-hash` cite: how many keys move when one of n joins, in
// units of 1/n, for the tables that a proxy can be given once and for all.
import { expect, test } from "@jest/globals";
import { ConsistentHashBalancer } from "../../../../src/balancers/consistent-hash/consistent-hash.js";
import type { HashingBalancer } from "../../../../src/balancers/consistent-hash/hashing-balancer.js";
import { MaglevBalancer } from "../../../../src/balancers/consistent-hash/maglev.js";
import type { BackendSpec } from "../../../../src/balancers/load-balancer.js";

const KEYS = 10_000;

const backends = (count: number): BackendSpec[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `b${i}`,
    address: `10.0.0.${i}:8080`,
    weight: 100,
    health: "healthy",
  }));

test.each([
  { table: "maglev", n: 10, moved: 1.04, make: (list: readonly BackendSpec[]) => new MaglevBalancer(list) },
  { table: "maglev", n: 50, moved: 1.23, make: (list: readonly BackendSpec[]) => new MaglevBalancer(list) },
  {
    table: "ring",
    n: 10,
    moved: 1.8,
    make: (list: readonly BackendSpec[]) => new ConsistentHashBalancer(list, { minimumRingSize: 8_192 }),
  },
])("$table: of $n backends one joins, $moved/n of the keys move", ({ n, moved, make }) => {
  const [before, after]: HashingBalancer[] = [make(backends(n)), make(backends(n + 1))];
  let different = 0;
  for (let k = 0; k < KEYS; k++) if (before?.ownerOf(`k${k}`)?.id !== after?.ownerOf(`k${k}`)?.id) different += 1;
  expect(Math.abs((different / KEYS) * (n + 1) - moved)).toBeLessThan(0.1);
});
