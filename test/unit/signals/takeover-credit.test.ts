// Load on instances that take over is told of the service they belong to.
import { describe, expect, test } from "@jest/globals";
import type { LoadReport, LoadSample } from "../../../src/model/load.js";
import { creditedToOwners } from "../../../src/signals/takeover-credit.js";
import { report, sample } from "./fixtures.js";

/** 9001 and 9002 are of `checkout`, 9101 and 9102 of `backup`, which takes over for it. */
const takeoverOf = (cluster: string) =>
  cluster === "checkout" ? (endpoint: string) => (endpoint.includes(":91") ? "backup" : undefined) : undefined;
const load = (successes: number, inFlight = 0): LoadSample => sample({ successes, inFlight });
const told = (reports: readonly LoadReport[]) =>
  Object.fromEntries(
    creditedToOwners(reports, takeoverOf).map(({ cluster, endpoints }) => [
      cluster,
      Object.fromEntries(
        [...endpoints].map(([endpoint, { successes, inFlight }]) => [endpoint.split(":")[1], [successes, inFlight]]),
      ),
    ]),
  );

describe("load of one service on another's instances", () => {
  test("adds to what that one's own callers send there, requests in flight too", () => {
    const checkout = report("p1", { 9001: load(5), 9101: load(3, 2), 9102: load(4) });
    const backup = report("p1", { 9101: load(10, 1) }, { cluster: "backup" });
    const expected = { checkout: { 9001: [5, 0] }, backup: { 9101: [13, 3], 9102: [4, 0] } };
    expect(told([checkout, backup])).toEqual(expected);
    expect(told([backup, checkout])).toEqual(expected);
  });

  test("is a report of its own where that one has none, by the same proxy over the same time", () => {
    const origin = { region: "eu", zone: "a" };
    const reports = creditedToOwners(
      [report("p1", { 9101: load(3) }, { intervalMs: 1_234, workers: 4, origin })],
      takeoverOf,
    );
    expect(reports.map(({ cluster, endpoints }) => [cluster, endpoints.size])).toEqual([
      ["checkout", 0],
      ["backup", 1],
    ]);
    expect(reports[1]).toMatchObject({ node: "p1", intervalMs: 1_234, workers: 4, origin });
  });

  test("nothing to move: the same reports", () => {
    const reports = [report("p1", { 9001: load(5) }), report("p1", { 9101: load(1) }, { cluster: "other" })];
    expect(creditedToOwners(reports, takeoverOf)).toBe(reports);
  });
});
