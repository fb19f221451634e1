// What a service's control loop has learned, as it is stored. Read back with suspicion: a checkpoint that does not parse
// is dropped, never half used.
import { z } from "zod";
import type { InstanceId, ServiceName } from "../model/ids.js";
import { inForceSchema } from "./in-force.js";
import { type LearnedState, newShares } from "./learned-state.js";
import { NO_TOTALS } from "./service-totals.js";
import { storedZonesSchema } from "./zone-preference.js";

export const checkpointSchema = z.object({
  version: z.literal(1),
  algorithm: z.string(),
  policyState: z.unknown(),
  modifierStates: z.record(z.string(), z.unknown()),
  inForce: inForceSchema,
  membership: z.string(),
  /** While an operator's freeze holds: the shares that are held, relative to each other. */
  held: z.record(z.string(), z.number().positive()).optional(),
  /** Where zones near the caller are preferred. */
  zones: storedZonesSchema.optional(),
});

export type Checkpoint = z.output<typeof checkpointSchema>;

/** What the loop starts with. @param checkpoint of the same algorithm, when there is one */
export function learnedFrom(checkpoint: Checkpoint | undefined): LearnedState {
  return {
    policy: checkpoint?.policyState,
    modifiers: checkpoint?.modifierStates ?? {},
    totals: NO_TOTALS,
    shares: newShares([]),
  };
}

export function heldFrom(checkpoint: Checkpoint | undefined): ReadonlyMap<InstanceId, number> | undefined {
  if (checkpoint?.held === undefined) return undefined;
  return new Map(Object.entries(checkpoint.held).map(([id, share]) => [id as InstanceId, share]));
}

/** The port behind which checkpoints are kept. Saving never blocks the loop; a failed save is the adapter's to report. */
export interface CheckpointStore {
  load(service: ServiceName): unknown;
  save(service: ServiceName, checkpoint: Checkpoint): void;
  forget(service: ServiceName): void;
}
