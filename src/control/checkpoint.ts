// What a service's control loop has learned, as it is stored. Read back with suspicion: a checkpoint that does not parse
// is dropped, never half used.
import { z } from "zod";
import type { ServiceName } from "../model/ids.js";
import { inForceSchema } from "./in-force.js";

export const checkpointSchema = z.object({
  version: z.literal(1),
  algorithm: z.string(),
  policyState: z.unknown(),
  modifierStates: z.record(z.string(), z.unknown()),
  inForce: inForceSchema,
  membership: z.string(),
  /** While an operator's freeze holds: the shares that are held, relative to each other. */
  held: z.record(z.string(), z.number().positive()).optional(),
});

export type Checkpoint = z.output<typeof checkpointSchema>;

/** The port behind which checkpoints are kept. Saving never blocks the loop; a failed save is the adapter's to report. */
export interface CheckpointStore {
  load(service: ServiceName): unknown;
  save(service: ServiceName, checkpoint: Checkpoint): void;
  forget(service: ServiceName): void;
}
