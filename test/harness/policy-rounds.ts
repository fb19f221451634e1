// A round as policies and modifiers get it, from a list of members and their loads.
import { endpointPool } from "../../src/balancers/endpoint-pool.js";
import type { PolicyInput } from "../../src/balancers/weight-policy.js";
import { type Draft, fairShareOf } from "../../src/control/draft.js";
import type { InstanceId } from "../../src/model/ids.js";
import type { EndpointLoad, SignalMode } from "../../src/model/load.js";
import type { Factor } from "../../src/model/plan.js";

export interface RoundMember {
  readonly id: string;
  readonly weight?: number;
  readonly locality?: string;
  /** A modifier keeps the policy from learning. */
  readonly isHeld?: boolean;
}

/** One second of loads, in the order of the members. */
export function policyRound<Config, State>(
  members: readonly RoundMember[],
  loads: readonly (EndpointLoad | undefined)[],
  config: Config,
  state: State | undefined,
  signalMode: SignalMode = "L",
): PolicyInput<Config, State> {
  const known = loads.filter((load) => load !== undefined);
  return {
    elapsedMs: 1_000,
    gapMs: 1_000,
    pool: endpointPool(
      members.map(({ id, weight = 100, locality = "" }) => ({ id: id as InstanceId, weight, locality })),
    ),
    held: new Set(members.flatMap(({ isHeld }, i) => (isHeld === true ? [i] : []))),
    loads,
    serviceLoads: new Map(known.map((load) => [load.instance, load])),
    signalMode,
    workers: 1,
    config,
    state,
  };
}

export function productOf(factors: readonly Factor[]): number {
  return factors.reduce((product, { value }) => product * value, 1);
}

export interface DraftEntry {
  readonly share: number;
  readonly fairShare: number;
  readonly factors: readonly Factor[];
}

export function entriesOf(draft: Draft): DraftEntry[] {
  return Array.from(draft.shares, (share, i) => ({
    share,
    fairShare: fairShareOf(draft.pool, i),
    factors: draft.factorsOf(i),
  }));
}
