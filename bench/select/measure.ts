// Cost of one step in CPU time and in bytes. All scenes are measured in turn, round after round, and the least of each
// counts: a disturbance then hits one round of some, not all rounds of one.
import { CONTENDERS, type Contender, type Scene, setScene } from "./contenders.js";

export interface Point {
  readonly n: number;
  /** Nanoseconds of CPU per request: `select` and `recordResult`. */
  readonly ns: number;
  /** Bytes of heap made per request. */
  readonly bytes: number;
}

export interface BalancerFigures {
  readonly name: string;
  /** Slope of log(ns) over log(n): 0 = constant, 1 = proportional. */
  readonly exponent: number;
  readonly points: readonly Point[];
}

export const SIZES: readonly number[] = [10, 100, 1_000, 10_000];

interface Course {
  readonly contender: Contender;
  readonly n: number;
  readonly scene: Scene;
  stepsPerBatch: number;
  ns: number;
}

export function measureAll(rounds: number, batchMs: number): readonly BalancerFigures[] {
  const courses: Course[] = CONTENDERS.flatMap((contender) =>
    SIZES.map((n) => ({ contender, n, scene: setScene(contender, n), stepsPerBatch: 1_000, ns: Infinity })),
  );
  for (const course of courses) calibrate(course, batchMs);
  for (let round = 0; round < rounds; round++) {
    for (const course of courses) {
      const ns = (1e6 * batchCpuMs(course)) / course.stepsPerBatch;
      course.ns = Math.min(course.ns, ns);
    }
  }
  return CONTENDERS.map((contender) => {
    const points = courses
      .filter((course) => course.contender === contender)
      .map((course) => ({ n: course.n, ns: course.ns, bytes: bytesPerStep(course) }));
    return { name: contender.name, exponent: slope(points), points };
  });
}

/** Runs long enough to be compiled, and finds out how many steps fill a batch. */
function calibrate(course: Course, batchMs: number): void {
  let tookMs = 0;
  do {
    course.stepsPerBatch *= 2;
    tookMs = batchCpuMs(course);
  } while (tookMs < batchMs);
}

function batchCpuMs({ scene: { step }, stepsPerBatch }: Course): number {
  const before = process.cpuUsage();
  for (let i = 0; i < stepsPerBatch; i++) step();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** The least of several runs: what the compiler leaves behind comes on top. Young objects have room, so none is collected. */
function bytesPerStep({ scene: { step } }: Course): number {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("run node with --expose-gc");
  const steps = 20_000;
  const runs: number[] = [];
  for (let run = 0; run < 9; run++) {
    gc();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < steps; i++) step();
    runs.push((process.memoryUsage().heapUsed - before) / steps);
  }
  return Math.max(0, Math.min(...runs));
}

/** Least squares in logarithms. */
function slope(points: readonly Point[]): number {
  const xs = points.map(({ n }) => Math.log(n));
  const ys = points.map(({ ns }) => Math.log(ns));
  const meanX = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const meanY = ys.reduce((sum, y) => sum + y, 0) / ys.length;
  const covariance = xs.reduce((sum, x, i) => sum + (x - meanX) * ((ys[i] ?? 0) - meanY), 0);
  const exponent = covariance / xs.reduce((sum, x) => sum + (x - meanX) ** 2, 0);
  // Hundredths are what the measurement is good for; adding 0 makes no -0 of them.
  return Math.round(exponent * 100) / 100 + 0;
}
