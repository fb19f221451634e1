// The sink over prom-client: only what the catalogue lists, with exactly its labels, and bounded.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { METRICS, type MetricEntry } from "../../../src/telemetry/catalogue.js";
import { PrometheusSink } from "../../../src/telemetry/prometheus.js";
import { renderMetricsReference } from "../../../src/telemetry/reference.js";

const REJECTED = "steelyard_telemetry_rejected_total";
const catalogue: readonly MetricEntry[] = [
  { name: "t_total", kind: "counter", labels: ["kind"], help: "a counter", stability: "alpha" },
  { name: "t_up", kind: "gauge", labels: ["who"], help: "a gauge", stability: "alpha" },
  { name: "t_seconds", kind: "histogram", labels: [], help: "a histogram", stability: "alpha", buckets: [0.1, 1] },
  { name: REJECTED, kind: "counter", labels: ["reason"], help: "rejected", stability: "alpha" },
];

const linesOf = async (sink: PrometheusSink, name: string): Promise<string[]> =>
  (await sink.text()).split("\n").filter((line) => line.startsWith(name));

test("counts, gauges and observes", async () => {
  const sink = new PrometheusSink({ catalogue, strict: true });
  sink.count("t_total", { kind: "a" });
  sink.count("t_total", { kind: "a" }, 2);
  sink.gauge("t_up", 0, { who: "b" });
  sink.observe("t_seconds", 0.5);
  expect(await linesOf(sink, "t_total")).toEqual(['t_total{kind="a"} 3']);
  expect(await linesOf(sink, "t_up")).toEqual(['t_up{who="b"} 0']);
  expect(await linesOf(sink, "t_seconds_bucket")).toEqual([
    't_seconds_bucket{le="0.1"} 0',
    't_seconds_bucket{le="1"} 1',
    't_seconds_bucket{le="+Inf"} 1',
  ]);
});

const wrongUses: readonly [string, (sink: PrometheusSink) => void][] = [
  ["unknown-name", (sink) => sink.count("t_typo_total")],
  ["wrong-kind", (sink) => sink.gauge("t_total", 1, { kind: "a" })],
  ["wrong-labels", (sink) => sink.count("t_total")],
  ["wrong-labels", (sink) => sink.count("t_total", { kind: "a", more: "b" })],
  ["wrong-labels", (sink) => sink.count("t_total", { other: "a" })],
  ["bad-value", (sink) => sink.count("t_total", { kind: "a" }, -1)],
  ["bad-value", (sink) => sink.observe("t_seconds", Number.NaN)],
  ["bad-value", (sink) => sink.gauge("t_up", Number.POSITIVE_INFINITY, { who: "b" })],
];

test.each(wrongUses)("%s throws when strict, else it is dropped and counted", async (reason, use) => {
  expect(() => use(new PrometheusSink({ catalogue, strict: true }))).toThrow(reason);
  const sink = new PrometheusSink({ catalogue });
  use(sink);
  expect(await linesOf(sink, REJECTED)).toEqual([`${REJECTED}{reason="${reason}"} 1`]);
  expect(await linesOf(sink, "t_total")).toEqual([]);
});

test("the number of series is bounded; NaN gives a place back", async () => {
  const sink = new PrometheusSink({ catalogue, maxSeries: 2 });
  for (const who of ["a", "b", "c"]) sink.gauge("t_up", 1, { who });
  expect(await linesOf(sink, "t_up")).toHaveLength(2);
  expect(await linesOf(sink, REJECTED)).toEqual([`${REJECTED}{reason="too-many-series"} 1`]);
  sink.gauge("t_up", Number.NaN, { who: "a" });
  sink.gauge("t_up", 1, { who: "c" });
  expect(await linesOf(sink, "t_up")).toEqual(['t_up{who="b"} 1', 't_up{who="c"} 1']);
});

test("hostile label values are cut and escaped", async () => {
  const sink = new PrometheusSink({ catalogue, strict: true });
  sink.count("t_total", { kind: `"\n${"x".repeat(500)}` });
  const [line = ""] = await linesOf(sink, "t_total");
  expect(line).toMatch(/^t_total\{kind="\\"\\nx{126}"\} 1$/);
});

test("the catalogue follows the naming rules", () => {
  const names = METRICS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, kind, buckets, help } of METRICS) {
    expect(name).toMatch(/^steelyard_[a-z0-9_]+$/);
    expect([name, name.endsWith("_total")]).toEqual([name, kind === "counter"]);
    expect([name, buckets !== undefined]).toEqual([name, kind === "histogram"]);
    expect(help).toMatch(/\.$/);
  }
});

test("the sources and the catalogue name the same metrics", () => {
  const used = new Set<string>();
  for (const path of readdirSync("src", { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".ts") || path.startsWith("gen") || path === join("telemetry", "catalogue.ts")) continue;
    for (const [name] of readFileSync(join("src", path), "utf8").matchAll(/(?<=")steelyard_[a-z0-9_]+(?=")/g))
      used.add(name);
  }
  expect([...used].sort()).toEqual(METRICS.map(({ name }) => name).sort());
});

test("every metric is in the reference", () => {
  const page = renderMetricsReference();
  for (const { name, help } of METRICS)
    expect(page).toMatch(new RegExp(`^\\| \`${name}\` .*${help.slice(0, 10)}`, "m"));
});

test("process metrics on demand", async () => {
  expect(await new PrometheusSink({ catalogue }).text()).not.toContain("process_cpu");
});
