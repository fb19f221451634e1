// Where traffic goes when the preferred instances cannot take it: lower priorities, other zones, other services.
import { z } from "zod";
import type { ServiceName } from "../ids.js";
import { NEARNESSES } from "../zone.js";
import { serviceNameSchema } from "./service-name.js";

export const localityPreferenceSchema = z
  .strictObject({
    prefer: z.enum(NEARNESSES).default("zone").describe("What counts as near: the same zone, or the same region."),
    bandPercent: z
      .number()
      .min(0)
      .max(100)
      .default(10)
      .describe(
        "Callers keep to their own zone until it gets this much more than its part of the capacity; what is beyond that goes to the others.",
      ),
    probePercent: z
      .number()
      .min(0)
      .max(50)
      .default(3)
      .describe(
        "Part of each zone's calls that goes to other zones all the same, so that what is known of them stays fresh.",
      ),
  })
  .describe(
    "Callers are sent to instances near them, as far as these can take it. Absent: distance plays no part. For proxies that say in their node where they are.",
  );

export type LocalityPreference = z.output<typeof localityPreferenceSchema>;

export const failoverSchema = z
  .strictObject({
    panicThresholdPercent: z
      .number()
      .min(0)
      .max(100)
      .default(0)
      .describe(
        "When all priorities together cannot take everything, one with fewer healthy and degraded instances than this ignores health: all its instances get traffic, those that drain too; 0 = never.",
      ),
    overprovisioningPercent: z
      .int()
      .min(100)
      .max(1_000)
      .default(140)
      .describe(
        "A priority spills over to the next when its healthy share times this is below 100 %: at 140, with 28 % of its instances out.",
      ),
    services: z
      .array(serviceNameSchema)
      .max(8)
      .default([])
      .describe("Services that take over, in this order, when this one's own instances cannot: as lower priorities."),
    locality: localityPreferenceSchema.optional(),
  })
  .describe("Failover between priorities (`priority` of an instance, 0 first), zones, and to other services.");

export type Failover = z.output<typeof failoverSchema>;

/** Each once, and never the service itself; those that do not exist among them. */
export function takeoverServices(service: ServiceName, failover: Failover | undefined): readonly ServiceName[] {
  const others = new Set(failover?.services);
  others.delete(service);
  return [...others];
}
