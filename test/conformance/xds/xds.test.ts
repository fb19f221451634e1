// The whole suite in one file, so that its last tests can compare what ran and passed with the table of statements, and
// the table with the page that is published.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { PROTOCOL_STATEMENTS, variantsOf } from "../../../src/xds/protocol-statements.js";
import { renderXdsConformance } from "../../../src/xds/reference.js";
import { talliesOf } from "./statement.js";

// Each registers its tests, in this order.
await import("./answers.js");
await import("./content.js");
await import("./hygiene.js");
await import("./order.js");
await import("./subscriptions.js");

describe("the table of statements", () => {
  test("is numbered without gaps", () => {
    expect(PROTOCOL_STATEMENTS.map(({ number }) => number)).toEqual(PROTOCOL_STATEMENTS.map((_, index) => index + 1));
  });

  test.each(PROTOCOL_STATEMENTS)("statement $number was run and passed in each variant it names", (statement) => {
    const tallies = talliesOf(statement.number);
    expect([...tallies.keys()]).toEqual(expect.arrayContaining([...variantsOf(statement)]));
    for (const { declared, passed } of tallies.values()) expect(passed).toBe(declared);
  });

  test("is what docs/xds-conformance.md says", () => {
    const page = readFileSync("docs/xds-conformance.md", "utf8");
    expect(page.trimEnd()).toBe(renderXdsConformance().trimEnd());
  });
});
