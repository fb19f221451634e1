import { expect, it } from "@jest/globals";
import { hashHosts } from "../../../../src/balancers/consistent-hash/hash-hosts.js";
import { HashRing } from "../../../../src/balancers/consistent-hash/ring.js";

const MAX = 8_388_608;

const hostsOf = (weights: Readonly<Record<number, number>>) =>
  hashHosts(
    Object.entries(weights).map(([port, weight]) => ({
      id: port,
      address: `127.0.0.1:${port}`,
      weight,
      health: "healthy" as const,
    })),
  );

/** Index of the owner of a 64-bit hash. */
function ownerOf(ring: HashRing, hash: bigint): number {
  return ring.ownerOf(ring.slotOf(Number(hash >> 32n), Number(hash & 0xffff_ffffn)));
}

function points(ring: HashRing): readonly number[] {
  const counts: number[] = [];
  for (let slot = 0; slot < ring.size; slot++) {
    const owner = ring.ownerOf(slot);
    counts[owner] = (counts[owner] ?? 0) + 1;
  }
  return counts;
}

// The rings that Envoy's ring_hash_lb_test.cc writes out, position by position.
it("places six equal hosts where Envoy does", () => {
  const ring = new HashRing(hostsOf({ 90: 1, 91: 1, 92: 1, 93: 1, 94: 1, 95: 1 }), { minimum: 12, maximum: MAX });
  const positions: readonly (readonly [number, bigint])[] = [
    [4, 833437586790550860n],
    [2, 928266305478181108n],
    [0, 1033482794131418490n],
    [5, 3551244743356806947n],
    [3, 3851675632748031481n],
    [1, 5583722120771150861n],
    [1, 6311230543546372928n],
    [3, 7700377290971790572n],
    [5, 13144177310400110813n],
    [2, 13444792449719432967n],
    [4, 15516499411664133160n],
    [0, 16117243373044804889n],
  ];
  expect(ring.size).toBe(12);
  positions.forEach(([host, position], i) => {
    const following = positions[(i + 1) % positions.length]?.[0];
    expect(ownerOf(ring, position)).toBe(host);
    expect(ownerOf(ring, position + 1n)).toBe(following);
  });
  expect(ownerOf(ring, 0n)).toBe(4);
  expect(ownerOf(ring, 2n ** 64n - 1n)).toBe(4);
});

it("gives weights 1, 2 and 3 as many of exactly six points, where Envoy does", () => {
  const ring = new HashRing(hostsOf({ 90: 1, 91: 2, 92: 3 }), { minimum: 6, maximum: 6 });
  expect(points(ring)).toEqual([1, 2, 3]);
  const owners: readonly (readonly [bigint, number])[] = [
    [928266305478181108n, 2],
    [4443673547860492590n, 2],
    [5583722120771150861n, 1],
    [6311230543546372928n, 1],
    [13444792449719432967n, 2],
    [16117243373044804889n, 0],
  ];
  for (const [hash, owner] of owners) expect(ownerOf(ring, hash)).toBe(owner);
});

it("rounds up so that the lightest host has whole points", () => {
  expect(points(new HashRing(hostsOf({ 80: 1, 81: 1 }), { minimum: 3, maximum: MAX }))).toEqual([2, 2]);
  expect(points(new HashRing(hostsOf({ 81: 1, 82: 2, 83: 4 }), { minimum: 300, maximum: MAX }))).toEqual([43, 86, 172]);
});

it("gives the remainder of a ring that is too small to those who come first", () => {
  // Envoy's own example: 4 equal hosts on 6 points.
  expect(points(new HashRing(hostsOf({ 81: 1, 82: 1, 83: 1, 84: 1 }), { minimum: 6, maximum: 6 }))).toEqual([
    2, 1, 2, 1,
  ]);
});

it("is empty without hosts", () => {
  expect(new HashRing([], { minimum: 1024, maximum: MAX }).size).toBe(0);
});
