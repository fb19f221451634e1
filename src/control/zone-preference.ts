// The split over zones of one service, where its policy prefers those near the caller: when it is made, and when it is made
// anew. Members, their health and the policy count at once; what is learned (demand, and what modifiers leave of zones) only
// while the loop may act, and then beyond a dead band and no more often than weights, for a new split sends them all.
import { z } from "zod";
import type { EndpointPool } from "../balancers/endpoint-pool.js";
import type { InstanceId } from "../model/ids.js";
import type { LoadRound } from "../model/load.js";
import type { LocalityPreference } from "../model/policy/failover.js";
import { addCalls, type CallerDemand, callerDemandSchema } from "./caller-demand.js";
import type { Urgency } from "./guards/push-interval.js";
import type { Level } from "./levels.js";
import { rampStart } from "./modifiers/ramp.js";
import type { ControlSettings } from "./settings.js";
import { type LevelPlaces, placesOf } from "./zone-places.js";
import { isOtherSplit, type ZoneSplit, zoneSplitOf, zoneSplitSchema } from "./zone-split.js";

/** What the loop has found out about instances, as of its last evaluation. */
export interface Findings {
  readonly pool: EndpointPool;
  /** As in `Evaluation`. */
  readonly left: ReadonlyMap<number, number>;
  /** State of the ramp. */
  readonly ramp: unknown;
}

/** A restart finds in force what was there before, whatever is known by then. */
export const storedZonesSchema = z.object({ demand: callerDemandSchema, inForce: zoneSplitSchema });
export type StoredZones = z.output<typeof storedZonesSchema>;

export class ZonePreference {
  readonly #settings: ControlSettings;
  #heard: CallerDemand;
  /** By which the split is made. */
  #actedOn: CallerDemand;
  /** As last arranged. */
  #places: readonly LevelPlaces[] = [];
  /** undefined: distance plays no part. */
  #split: ZoneSplit | undefined;
  #inForce: ZoneSplit | undefined;
  #due: Extract<Urgency, "members" | "weights"> | undefined;

  constructor(settings: ControlSettings, stored: StoredZones | undefined) {
    this.#settings = settings;
    this.#heard = stored?.demand ?? [];
    this.#actedOn = this.#heard;
    this.#split = stored?.inForce;
    this.#inForce = stored?.inForce;
  }

  get split(): ZoneSplit | undefined {
    return this.#split;
  }

  /** What the proxies were last told. */
  get inForce(): ZoneSplit | undefined {
    return this.#inForce;
  }

  /** How urgently they must be told something else. */
  get due(): "members" | "weights" | undefined {
    return this.#due;
  }

  /** What survives a restart. */
  get stored(): StoredZones | undefined {
    return this.#inForce === undefined ? undefined : { demand: [...this.#actedOn], inForce: this.#inForce };
  }

  hear(round: LoadRound): void {
    this.#heard = addCalls(this.#heard, round);
  }

  /** After a restart that finds members as they were: what was in force stays. */
  resume(levels: readonly Level[], { prefer }: LocalityPreference): void {
    this.#places = placesOf(levels, prefer);
  }

  /**
   * Members, their health or the policy may have changed.
   * @param findings where the loop decides; undefined: the registered weights are what zones can take
   */
  arrange(levels: readonly Level[], preference: LocalityPreference | undefined, findings: Findings | undefined): void {
    this.#places = preference === undefined ? [] : placesOf(levels, preference.prefer);
    const split = preference && zoneSplitOf(this.#places, preference, this.#actedOn, this.#leftBy(findings, "joining"));
    if (!isOtherSplit(this.#split, split)) return;
    this.#split = split;
    this.#due = "members";
  }

  /** After a round: demand may have moved, and zones may have got better or worse. Returns whether the split is a new one. */
  renew(preference: LocalityPreference | undefined, findings: Findings | undefined): boolean {
    if (preference === undefined) return false;
    const split = zoneSplitOf(this.#places, preference, this.#heard, this.#leftBy(findings, "known"));
    if (!isOtherSplit(this.#split, split)) return false;
    this.#actedOn = this.#heard;
    this.#split = split;
    this.#due ??= "weights";
    return true;
  }

  broughtIntoForce(): void {
    this.#inForce = this.#split;
    this.#due = undefined;
  }

  /** @param others what those are who were not in the pool: such as join begin as the ramp will have them begin */
  #leftBy(findings: Findings | undefined, others: "joining" | "known"): (instance: InstanceId) => number {
    if (findings === undefined) return () => 1;
    const { pool, left, ramp } = findings;
    const held = new Map<InstanceId, number>();
    for (const [i, part] of left) {
      const id = pool.ids[i];
      if (id !== undefined) held.set(id, part);
    }
    if (others === "known") return held.size === 0 ? () => 1 : (id) => held.get(id) ?? 1;
    const known = new Set(pool.ids);
    const ids = this.#places.flatMap(({ serving }) => serving.map(({ id }) => id));
    const first = rampStart(ids, ramp, this.#settings);
    return (id) => held.get(id) ?? (known.has(id) ? 1 : first);
  }
}
