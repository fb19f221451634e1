// Registered weights as shares of the keys; each key stays with one instance. Nothing measured moves a weight, because
// every change rebuilds the table and moves keys away from the instances that know them. The size of the table is a
// setting and not a multiple of the members: it is part of the Cluster, and a changed Cluster closes its connections.
import { z } from "zod";
import type { EnvoyEnforcement } from "../../model/enforcement.js";
import { registeredShares } from "../static-shares.js";
import type { WeightPolicy } from "../weight-policy.js";
import { isPrime } from "./prime.js";

const LARGEST_RING = 8_388_608;

const configSchema = z
  .strictObject({
    table: z
      .enum(["maglev", "ring"])
      .default("maglev")
      .describe(
        "`maglev`: one of n instances joins, and 1.04/n of the keys move at n = 10, 1.23/n at 50. `ring`: ketama; at a fixed size 1.8/n move at n = 10, since everybody's points grow or shrink.",
      ),
    minimumRingSize: z
      .int()
      .min(1_024)
      .max(LARGEST_RING)
      .default(65_536)
      .describe(
        "Points on the ring. The default gives each of 655 instances the 100 points of the classic ring, and fewer instances more.",
      ),
    maximumRingSize: z
      .int()
      .min(1_024)
      .max(LARGEST_RING)
      .default(1_048_576)
      .describe("Most points on the ring, which very unequal weights would enlarge; 24 bytes each in Envoy."),
    tableSize: z
      .int()
      .min(1_009)
      .max(5_000_011)
      .default(65_537)
      .refine(isPrime, "must be a prime")
      .describe(
        "Slots of the Maglev table, a prime; 1,000 times the number of instances keeps the keys moved by a change near 1/n.",
      ),
  })
  .refine(({ minimumRingSize, maximumRingSize }) => minimumRingSize <= maximumRingSize, {
    path: ["maximumRingSize"],
    message: "must not be less than minimumRingSize",
  });
type Config = z.output<typeof configSchema>;

export const consistentHashPolicy: WeightPolicy<Config, null> = {
  name: "consistent-hash",
  summary: "Each key to one instance, keys in proportion to the registered weights",
  configSchema,
  enforcementOf: ({ table, minimumRingSize, maximumRingSize, tableSize }): EnvoyEnforcement =>
    table === "ring" ? { policy: "ring_hash", minimumRingSize, maximumRingSize } : { policy: "maglev", tableSize },
  dynamic: false,
  evaluate: registeredShares,
};
