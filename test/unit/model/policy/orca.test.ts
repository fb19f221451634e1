import { expect, test } from "@jest/globals";
import { orcaSchema } from "../../../../src/model/policy/orca.js";

test("by default reports are text, and the utilisation has its usual names", () => {
  expect(orcaSchema.parse({})).toEqual({ forms: "text" });
});

test.each(["s200", "s503", "a,b", "a=b", "", "x".repeat(65)])("%j cannot be the metric of the utilisation", (name) => {
  expect(orcaSchema.safeParse({ utilization: name }).success).toBe(false);
});

test.each(["queue_fill", "s600", "worker.busy-ratio"])("%j can", (name) => {
  expect(orcaSchema.parse({ utilization: name }).utilization).toBe(name);
});
