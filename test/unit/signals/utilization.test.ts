import { describe, expect, test } from "@jest/globals";
import { EndpointLoadMetricStats } from "../../../src/gen/envoy/config/endpoint/v3/load_report.js";
import { utilizationOf } from "../../../src/signals/utilization.js";

type Numbers = readonly [name: string, count: number, sum: number];

const of = (metrics: readonly Numbers[], completions = 1_000, ownMetric?: string): ReturnType<typeof utilizationOf> =>
  utilizationOf(
    metrics.map(([metricName, numRequestsFinishedWithMetric, totalMetricValue]) =>
      EndpointLoadMetricStats.create({ metricName, numRequestsFinishedWithMetric, totalMetricValue }),
    ),
    completions,
    ownMetric,
  );

describe("utilisation in a load report", () => {
  test("the named metric wins over the scalars, application over CPU", () => {
    const cpu: Numbers = ["cpu_utilization", 10, 9];
    const application: Numbers = ["application_utilization", 10, 7];
    const named: Numbers = ["named_metrics.utilization", 4, 2];
    expect(of([cpu, application, named])).toEqual({ count: 4, sum: 2 });
    expect(of([cpu, application])).toEqual({ count: 10, sum: 7 });
    expect(of([cpu])).toEqual({ count: 10, sum: 9 });
  });

  test("a scalar that Envoy counted as 0 because nobody sent it is no report; a named 0 is one", () => {
    expect(of([["application_utilization", 10, 0]])).toBeUndefined();
    expect(
      of([
        ["application_utilization", 10, 0],
        ["cpu_utilization", 10, 3],
      ]),
    ).toEqual({ count: 10, sum: 3 });
    expect(of([["named_metrics.utilization", 10, 0]])).toEqual({ count: 10, sum: 0 });
  });

  test("a service's own metric is the only one that counts, also where it is 0", () => {
    const metrics: Numbers[] = [
      ["named_metrics.utilization", 10, 9],
      ["application_utilization", 10, 9],
      ["named_metrics.queue_fill", 10, 3],
    ];
    expect(of(metrics, 1_000, "queue_fill")).toEqual({ count: 10, sum: 3 });
    expect(of([["named_metrics.queue_fill", 10, 0]], 1_000, "queue_fill")).toEqual({ count: 10, sum: 0 });
    expect(of(metrics, 1_000, "other")).toBeUndefined();
  });

  test("metrics of other names are somebody else's", () => {
    expect(
      of([
        ["named_metrics.s200", 10, 10],
        ["mem_utilization", 10, 5],
      ]),
    ).toBeUndefined();
    expect(of([])).toBeUndefined();
  });

  test("overbooked is fine, percent is not, and neither is what is no number", () => {
    expect(of([["named_metrics.utilization", 10, 100]])).toEqual({ count: 10, sum: 100 });
    const bad: readonly Numbers[] = [
      ["named_metrics.utilization", 10, 101],
      ["named_metrics.utilization", 10, -1],
      ["named_metrics.utilization", 10, Number.NaN],
      ["named_metrics.utilization", 10, Number.POSITIVE_INFINITY],
      ["named_metrics.utilization", 0, 1],
      ["named_metrics.utilization", 2e9, 1],
    ];
    for (const metric of bad) expect(of([metric])).toBe("implausible");
  });

  test("weighs no more than the traffic that the same proxy saw", () => {
    expect(of([["named_metrics.utilization", 1_000_000, 500_000]], 20)).toEqual({ count: 20, sum: 10 });
    expect(of([["named_metrics.utilization", 3, 1.5]], 0)).toEqual({ count: 1, sum: 0.5 });
  });
});
