// What the instances say of their load with their answers (ORCA), and which of it is the utilisation.
import { z } from "zod";

/** Names that the latency by status of src/translate/latency-filter.ts has. */
const STATUS_NAME = /^s[1-5]\d\d$/;

export const orcaSchema = z
  .strictObject({
    forms: z
      .enum(["text", "all"])
      .default("text")
      .describe(
        "`text`: TEXT headers with named metrics, beside the latency that Envoy measures. `all`: also JSON, binary and trailers (gRPC), and the standard application_utilization and cpu_utilization; Envoy then measures no latency.",
      ),
    utilization: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,64}$/, "must be the name of a metric: letters, digits and _ . -")
      .refine((name) => !STATUS_NAME.test(name), "is a name of the latency that Envoy measures")
      .optional()
      .describe(
        "Named metric that is the utilisation, 1 = fully used. Default: `utilization`, and with `all` the standard ones.",
      ),
  })
  .describe("Load reports that the instances send with their answers. Default: TEXT, `named_metrics.utilization`.");
