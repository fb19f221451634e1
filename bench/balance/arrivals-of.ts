// The arrival rate of each contender over time. Bursts take turns: the generator and Envoy would else have to carry the
// peaks of all contenders at once, and what is measured would be the machine.
import type { RateSegment } from "./load/poisson-arrivals.js";
import type { Scenario } from "./scenario.js";

/** Segments for contender `index` of `count`. */
export function arrivalsOf(scenario: Scenario, index: number, count: number): readonly RateSegment[] {
  const { rateRps, bursts, lengthS } = scenario;
  const segments: RateSegment[] = [{ fromMs: 0, rateRps }];
  if (bursts === undefined) return segments;
  const { factor, lengthS: burstS, everyS } = bursts;
  const firstS = ((index + 0.5) * everyS) / count;
  for (let atS = firstS; atS < lengthS; atS += everyS) {
    segments.push({ fromMs: atS * 1000, rateRps: rateRps * factor });
    segments.push({ fromMs: (atS + burstS) * 1000, rateRps });
  }
  return segments;
}
