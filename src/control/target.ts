// What is to be in force next. Usually what the loop wants; in shadow the registered weights stand in for it, and under a
// freeze what is in force already (held-shares.ts).
import { weightsFor } from "../balancers/enforcement/share-law.js";
import type { EnvoyEnforcement } from "../model/enforcement.js";
import type { InstanceId } from "../model/ids.js";
import type { Draft } from "./draft.js";

export interface TargetEntry {
  readonly id: InstanceId;
  /** > 0; those of a target add up to 1. */
  readonly share: number;
  /** Grid step of `quantise`; 0 where it did not act. */
  readonly step: number;
  readonly reasons: readonly string[];
}

export interface Target {
  /** One per member of the pool. */
  readonly entries: readonly TargetEntry[];
  /** Whether all shares are the fair ones on purpose. */
  readonly equal: boolean;
  /** n of the share law behind the weights. */
  readonly inFlightPerWorker: number;
  /** In the order of `entries`; worked out only when they are sent. */
  readonly weights: () => readonly number[];
  /** Relative shares that are held once this is in force, where that is so. */
  readonly held?: ReadonlyMap<InstanceId, number>;
}

/** What the loop wants. */
export interface Wanted {
  readonly draft: Draft;
  readonly equal: boolean;
  readonly steps: ReadonlyMap<InstanceId, number>;
}

/** @param inFlightPerWorker as of now */
export function loopTarget(
  { draft, equal, steps }: Wanted,
  enforcement: EnvoyEnforcement,
  inFlightPerWorker: number,
): Target {
  const entries = draft.map(({ id, share, reasons }) => ({ id, share, step: steps.get(id) ?? 0, reasons }));
  return { entries, equal, inFlightPerWorker, weights: byLaw(entries, enforcement, inFlightPerWorker) };
}

/** Every member of the pool by its registered weight. */
export function registeredTarget(
  { draft }: Pick<Wanted, "draft">,
  enforcement: EnvoyEnforcement,
  inFlightPerWorker: number,
): Target {
  const entries = draft.map(({ id, fairShare }) => ({ id, share: fairShare, step: 0, reasons: [] }));
  return { entries, equal: true, inFlightPerWorker, weights: byLaw(entries, enforcement, inFlightPerWorker) };
}

function byLaw(entries: readonly TargetEntry[], enforcement: EnvoyEnforcement, n: number): () => readonly number[] {
  return () =>
    weightsFor(
      enforcement,
      entries.map(({ share }) => share),
      n,
    );
}
