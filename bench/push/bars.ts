// What must hold. Every bar is one number with an upper limit; those whose contenders were not measured are left out.
import { type Bar, type GrowthCurve, type Metric, medianOf, ratioOf, type WorkloadResult } from "./result.js";

interface RatioBar {
  readonly workload: string;
  readonly metric: Metric;
  readonly called: string;
  readonly against: string;
  readonly limit: number;
}

const against = (
  workload: string,
  metric: Metric,
  called: string,
  limits: Readonly<Record<string, number>>,
): readonly RatioBar[] =>
  Object.entries(limits).map(([rival, limit]) => ({ workload, metric, called, against: rival, limit }));

const RATIOS: readonly RatioBar[] = [
  ...against("W1-1000", "cpuUs", "CPU", { "gcp-linear": 0.45, "gcp-best": 0.9 }),
  ...against("W1-3000", "cpuUs", "CPU", { "gcp-linear": 0.45, "gcp-best": 0.9 }),
  ...against("W1-3000", "lastMs", "last stream", { "gcp-linear": 0.55, "gcp-best": 0.9 }),
  ...against("W1-3000", "rssPeakBytes", "RSS peak", { "gcp-linear": 0.25, "gcp-best": 0.85 }),
  ...against("W2-5000", "cpuUs", "CPU", { "gcp-linear": 0.85, "gcp-best": 0.95 }),
  ...against("W3", "cpuUs", "CPU", { "gcp-linear": 0.65, "gcp-best": 0.85, "gcp-snapshot": 0.1 }),
  ...against("W4", "connectCpuMs", "CPU", { "gcp-linear": 1 }),
  ...against("W4", "connectServedMs", "time to all served", { "gcp-linear": 1 }),
  ...against("W4", "rssPeakBytes", "RSS peak", { "gcp-linear": 0.35 }),
];

export function barsOf(workloads: readonly WorkloadResult[], growth: readonly GrowthCurve[]): readonly Bar[] {
  const byName = new Map(workloads.map((workload) => [workload.name, workload]));
  const ratios = RATIOS.flatMap(({ workload, metric, called, against: rival, limit }) => {
    const result = byName.get(workload);
    const ratio = result && ratioOf(result, metric, "steelyard", rival);
    return ratio === undefined ? [] : [bar(`${workload} ${called} / ${rival}`, ratio, limit)];
  });
  const stuck = byName.get("W5");
  const grown = stuck && medianOf(stuck, "steelyard", "rssGrowthBytes");
  const idle = byName.get("idle");
  const idleBytes = idle && medianOf(idle, "steelyard", "idleBytesPerStream");
  return [
    ...ratios,
    ...(grown === undefined ? [] : [bar("W5 growth over pushes 100-150, MB", Math.max(0, grown) / 2 ** 20, 5)]),
    ...(idleBytes === undefined ? [] : [bar("idle stream of 3,000, KB", idleBytes / 2 ** 10, 45)]),
    ...manyClusters(growth),
  ];
}

/** A weight-only change in one of 10,000 clusters against one in one of 100. */
function manyClusters(growth: readonly GrowthCurve[]): readonly Bar[] {
  const points = growth.find(({ by }) => by === "clusters")?.points ?? [];
  const few = points.find(({ size }) => size === 100);
  const many = points.find(({ size }) => size === 10_000);
  return few && many ? [bar("change in one of 10,000 clusters / of 100, CPU", many.cpuUs / few.cpuUs, 1.2)] : [];
}

const bar = (name: string, ratio: number, limit: number): Bar => ({ name, ratio, limit, met: ratio <= limit });
