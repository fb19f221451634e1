// The best static split of traffic over hosts of known capacity: equal marginal cost d(λL)/dλ, L from Sakasegawa's
// approximation of M/M/c (for c = 1 this is the square-root rule). Slow hosts run cooler than their capacity alone says,
// and a host that is slow enough gets nothing.

export interface HostCapacity {
  readonly slots: number;
  /** Mean time of service without queueing, milliseconds. */
  readonly serviceMs: number;
}

/** Mean time in the system, milliseconds, at `rateRps`; infinite from saturation on. */
export function responseMs({ slots, serviceMs }: HostCapacity, rateRps: number): number {
  const load = (rateRps * serviceMs) / 1000 / slots;
  if (load >= 1) return Number.POSITIVE_INFINITY;
  return serviceMs * (1 + load ** (Math.sqrt(2 * (slots + 1)) - 1) / (slots * (1 - load)));
}

/**
 * Requests per second for each host; they add up to `rateRps` when it can be carried, and otherwise are proportional to
 * capacity.
 */
export function optimalRates(hosts: readonly HostCapacity[], rateRps: number): number[] {
  const capacities = hosts.map(({ slots, serviceMs }) => (1000 * slots) / serviceMs);
  const total = capacities.reduce((sum, capacity) => sum + capacity, 0);
  if (rateRps >= total * 0.999) return capacities.map((capacity) => (capacity / total) * rateRps);
  const ratesAt = (cost: number): number[] => hosts.map((host, i) => rateAt(host, capacities[i] ?? 0, cost));
  let low = 0;
  let high = 1;
  while (sum(ratesAt(high)) < rateRps) high *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (sum(ratesAt(middle)) < rateRps) low = middle;
    else high = middle;
  }
  return ratesAt(high);
}

/** The rate at which one more request costs `cost` milliseconds. */
function rateAt(host: HostCapacity, capacity: number, cost: number): number {
  if (cost <= host.serviceMs) return 0;
  let low = 0;
  let high = capacity * (1 - 1e-9);
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (marginalMs(host, middle, capacity) < cost) low = middle;
    else high = middle;
  }
  return low;
}

function marginalMs(host: HostCapacity, rate: number, capacity: number): number {
  const step = capacity * 1e-7;
  return ((rate + step) * responseMs(host, rate + step) - rate * responseMs(host, rate)) / step;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
