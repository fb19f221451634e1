import { expect, it } from "@jest/globals";
import type { BackendSpec } from "../../../../src/balancers/load-balancer.js";
import { RoundRobinBalancer } from "../../../../src/balancers/round-robin/round-robin.js";
import { WeightedRoundRobinBalancer } from "../../../../src/balancers/weighted-round-robin/smooth-weighted-round-robin.js";

const spec = (id: string, weight = 1, health: BackendSpec["health"] = "healthy"): BackendSpec => ({
  id,
  address: "127.0.0.1:9000",
  weight,
  health,
});
const take = (balancer: RoundRobinBalancer | WeightedRoundRobinBalancer, count: number): string =>
  Array.from({ length: count }, () => balancer.select({ id: "r" })?.id).join("");

it("goes on where it was when the list changes", () => {
  const balancer = new RoundRobinBalancer([spec("a"), spec("b"), spec("c")]);
  expect(take(balancer, 4)).toBe("abca");
  balancer.updateBackends([spec("b"), spec("c"), spec("d")]);
  expect(take(balancer, 4)).toBe("bcdb");
  balancer.updateBackends([spec("b"), spec("c", 1, "unhealthy"), spec("d")]);
  expect(take(balancer, 3)).toBe("dbd");
});

it("lets a degraded backend have three turns where a healthy one has ten", () => {
  const balancer = new RoundRobinBalancer([spec("a"), spec("b", 1, "degraded")]);
  // 100 turns of a, and 0.3 for each of them; the last one may be a rounding away.
  expect(Math.abs(take(balancer, 130).replaceAll("a", "").length - 30)).toBeLessThanOrEqual(1);
  balancer.updateBackends([spec("a", 1, "unhealthy"), spec("b", 1, "degraded")]);
  expect(take(balancer, 3)).toBe("bbb");
});

it("weighted: interleaves as nginx does", () => {
  const balancer = new WeightedRoundRobinBalancer([spec("a", 5), spec("b", 1), spec("c", 1)]);
  expect(take(balancer, 14)).toBe("aabacaaaabacaa");
});

it("weighted: goes on with its cycle when others come and go", () => {
  const balancer = new WeightedRoundRobinBalancer([spec("a", 1), spec("b", 1), spec("c", 1)]);
  expect(take(balancer, 1)).toBe("a");
  balancer.updateBackends([spec("a", 1), spec("b", 1)]);
  expect(take(balancer, 4)).toBe("baba");
});
