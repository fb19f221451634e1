// Slow start: an instance that joins a service with traffic begins with a small share and doubles it every few seconds,
// so that cold caches and just-in-time compilation hurt few requests. Never at the start of the service or of this
// server, when everybody is new. Envoy's own slow_start stays off: two ramps would multiply.
import type { InstanceId } from "../../model/ids.js";
import { completionsOf } from "../../model/load.js";
import type { Effect, Modifier, ModifierInput, ModifierOutput } from "./modifier.js";

interface State {
  /** Milliseconds of traffic this service has seen. */
  readonly servedMs: number;
  /** Factor per member, 1 = done. */
  readonly factors: Readonly<Record<string, number>>;
}

export const ramp: Modifier<State> = {
  name: "ramp",
  reactsToFaults: false,
  evaluate(input: ModifierInput<State>): ModifierOutput<State> {
    const { start, growthPerS, establishedMs } = input.settings.ramp;
    const previous = input.state ?? { servedMs: 0, factors: {} };
    const someoneStayed = input.endpoints.some((id) => id in previous.factors);
    const established = someoneStayed && previous.servedMs >= establishedMs;
    const factors: Record<string, number> = {};
    const effects = new Map<InstanceId, Effect>();
    for (const id of input.endpoints) {
      const known = previous.factors[id];
      const grown = known === undefined ? (established ? start : 1) : known * growthPerS ** (input.elapsedMs / 1000);
      const factor = Math.min(1, grown);
      factors[id] = factor;
      if (factor >= 1) continue;
      effects.set(id, {
        factor: { name: "ramp", value: factor, note: "joined a short while ago" },
        reason: `warming up (${Math.round(100 * factor)} %)`,
        phase: "warming",
        holds: true,
      });
    }
    const hadTraffic = [...input.loads.values()].some((load) => completionsOf(load) > 0);
    const servedMs = (someoneStayed ? previous.servedMs : 0) + (hadTraffic ? input.elapsedMs : 0);
    return { effects, state: { servedMs, factors } };
  },
};
