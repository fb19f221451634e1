// What a bench run leaves behind, and the ratios in it. A ratio is taken between neighbours in one round of runs, and then
// the median of these: what else the machine does hits both alike.
import { type Measurement, median } from "./measure.js";

export interface WorkloadResult {
  readonly name: string;
  readonly what: string;
  /** One measurement per round; all contenders have equally many. */
  readonly runs: Readonly<Record<string, readonly Measurement[]>>;
}

export interface GrowthCurve {
  readonly by: "streams" | "endpoints" | "clusters";
  readonly points: readonly { readonly size: number; readonly cpuUs: number; readonly rssPeakBytes: number }[];
  /** How CPU per push and stream, and the peak of memory, grow with the size: 0 is not at all, 1 in proportion. */
  readonly cpuExponent: number;
  readonly rssExponent: number;
}

export interface Bar {
  readonly name: string;
  readonly ratio: number;
  readonly limit: number;
  readonly met: boolean;
}

export interface PushResult {
  readonly environment: Readonly<Record<string, string | number | boolean>>;
  readonly quick: boolean;
  readonly contenders: readonly { readonly name: string; readonly what: string }[];
  readonly workloads: readonly WorkloadResult[];
  readonly growth: readonly GrowthCurve[];
  readonly bars: readonly Bar[];
}

export type Metric = keyof Measurement;

export function medianOf({ runs }: WorkloadResult, contender: string, metric: Metric): number | undefined {
  const measured = runs[contender];
  return measured && median(measured.map((run) => run[metric]));
}

/** `undefined` when one of the two was not measured. */
export function ratioOf({ runs }: WorkloadResult, metric: Metric, of: string, to: string): number | undefined {
  const [ours, theirs] = [runs[of], runs[to]];
  if (!ours || !theirs) return undefined;
  const ratios = ours.flatMap((run, round) => {
    const other = theirs[round]?.[metric];
    return other === undefined || other === 0 ? [] : [run[metric] / other];
  });
  return ratios.length === 0 ? undefined : median(ratios);
}

/** Slope of the least-squares line through the logarithms. */
export function exponent(points: readonly (readonly [x: number, y: number])[]): number {
  const logs = points.filter(([x, y]) => x > 0 && y > 0).map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (pick: 0 | 1): number => logs.reduce((sum, log) => sum + log[pick], 0) / logs.length;
  const [mx, my] = [mean(0), mean(1)];
  const covariance = logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0);
  const variance = logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
  return variance === 0 ? 0 : covariance / variance;
}
