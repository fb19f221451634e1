// Slow start: an instance that joins a service with traffic begins with a small share and doubles it every few seconds,
// so that cold caches and just-in-time compilation hurt few requests. Never at the start of the service or of this
// server, when everybody is new. Envoy's own slow_start stays off: two ramps would multiply.
import type { InstanceId } from "../../model/ids.js";
import { MemberTable, type StoredTable } from "../../stats/member-table.js";
import type { ControlSettings } from "../settings.js";
import type { Effect, Modifier, ModifierInput, ModifierOutput } from "./modifier.js";

/** 1 = done; 0 = not a member before. */
const NEWCOMER = { factor: 0 };

interface State {
  /** Milliseconds of traffic this service has seen. */
  readonly servedMs: number;
  readonly members: MemberTable<keyof typeof NEWCOMER> | StoredTable;
}

export const ramp: Modifier<State> = {
  name: "ramp",
  reactsToFaults: false,
  evaluate({ ids, elapsedMs, completions, settings, state }: ModifierInput<State>): ModifierOutput<State> {
    const { growthPerS } = settings.ramp;
    const before = MemberTable.of(NEWCOMER, ids, state?.members).columns.factor;
    const members = new MemberTable(NEWCOMER, ids);
    const { servedMs, first } = startOf(before, state, settings);
    const growth = growthPerS ** (elapsedMs / 1000);
    const effects = new Map<number, Effect>();
    for (let i = 0; i < ids.length; i++) {
      const known = before[i] ?? 0;
      const factor = Math.min(1, known > 0 ? known * growth : first);
      members.columns.factor[i] = factor;
      if (factor >= 1) continue;
      effects.set(i, {
        factor: { name: "ramp", value: factor, note: "joined a short while ago" },
        reason: `warming up (${Math.round(100 * factor)} %)`,
        phase: "warming",
        holds: true,
      });
    }
    return { effects, state: { servedMs: servedMs + (completions > 0 ? elapsedMs : 0), members } };
  },
};

/** What those who join now begin with. @param ids the pool with them @param state of the ramp, as of the last evaluation */
export function rampStart(ids: readonly InstanceId[], state: unknown, settings: ControlSettings): number {
  const known = state as State | undefined; // this modifier's own, or what JSON made of it
  const before = MemberTable.of(NEWCOMER, ids, known?.members).columns.factor;
  return startOf(before, known, settings).first;
}

/** Nobody is a newcomer where everybody is. */
function startOf(
  before: Float64Array,
  state: State | undefined,
  { ramp: { start, establishedMs } }: ControlSettings,
): { readonly servedMs: number; readonly first: number } {
  if (!before.some((factor) => factor > 0)) return { servedMs: 0, first: 1 };
  const servedMs = state?.servedMs ?? 0;
  return { servedMs, first: servedMs >= establishedMs ? start : 1 };
}
