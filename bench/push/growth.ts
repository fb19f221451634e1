// How Steelyard's cost of a push grows with the fleet: one curve each for streams, endpoints per assignment, and clusters
// (delta, every stream subscribed to all of them, one assignment changed per push).
import type { Contender } from "./contenders.js";
import { measure, median } from "./measure.js";
import { exponent, type GrowthCurve } from "./result.js";
import type { Workload } from "./workloads.js";

const base = {
  what: "",
  variant: "sotw",
  clusters: 1,
  endpoints: 50,
  names: 1,
  warmUpPushes: 40,
  pushes: 40,
  intervalMs: 20,
  contenders: [],
} as const;

const CURVES = [
  {
    by: "streams",
    sizes: [100, 300, 1_000, 3_000, 5_000],
    // As many pushes to one stream as to thousands, lest cold code is compared with warm.
    workload: (streams: number): Workload => ({
      ...base,
      name: `${streams} streams`,
      streams,
      warmUpPushes: Math.max(15, Math.ceil(40_000 / streams)),
    }),
  },
  {
    by: "endpoints",
    sizes: [10, 100, 1_000, 10_000],
    workload: (endpoints: number): Workload => ({
      ...base,
      name: `${endpoints} endpoints`,
      streams: 300,
      endpoints,
      warmUpPushes: 130,
    }),
  },
  {
    by: "clusters",
    sizes: [1, 10, 100, 1_000, 10_000],
    workload: (clusters: number): Workload => ({
      ...base,
      name: `${clusters} clusters`,
      variant: "delta",
      streams: 50,
      clusters,
      names: clusters,
      endpoints: 10,
      warmUpPushes: 3_000,
      warmUpIntervalMs: 0,
      pushes: 300,
      intervalMs: 5,
    }),
  },
] as const;

const QUICK_SIZES: Readonly<Record<GrowthCurve["by"], readonly number[]>> = {
  streams: [100, 1_000, 5_000],
  endpoints: [10, 1_000, 10_000],
  clusters: [1, 100, 10_000],
};

export async function growthCurves(options: {
  readonly contender: Contender;
  readonly swarm: string;
  readonly quick: boolean;
  readonly runs: number;
  readonly onProgress: (text: string) => void;
}): Promise<readonly GrowthCurve[]> {
  const { contender, swarm, quick, runs, onProgress } = options;
  const curves: GrowthCurve[] = [];
  for (const { by, sizes, workload } of CURVES) {
    const chosen = quick ? QUICK_SIZES[by] : sizes;
    const measured = chosen.map((): Awaited<ReturnType<typeof measure>>[] => []);
    // All sizes in turn, and that several times: the mood of the machine must not look like growth.
    for (let run = 0; run < runs; run++) {
      for (const [index, size] of chosen.entries()) {
        onProgress(`growth ${run + 1}/${runs}: ${workload(size).name}`);
        measured[index]?.push(await measure(contender, workload(size), swarm, undefined));
      }
    }
    const points = chosen.map((size, index) => ({
      size,
      cpuUs: median(measured[index]?.map(({ cpuUs }) => cpuUs) ?? []),
      rssPeakBytes: median(measured[index]?.map(({ rssPeakBytes }) => rssPeakBytes) ?? []),
    }));
    curves.push({
      by,
      points,
      cpuExponent: exponent(points.map(({ size, cpuUs }) => [size, cpuUs])),
      rssExponent: exponent(points.map(({ size, rssPeakBytes }) => [size, rssPeakBytes])),
    });
  }
  return curves;
}
