// CPU time of this process, garbage collection and its helper threads included. Other programs on the machine do not count,
// so figures per core hold on a busy one too, apart from what its caches lose.

/** Milliseconds of CPU that `work` took. */
export function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** Bytes of live objects, and of the arrays of numbers that are kept outside the heap. Needs `--expose-gc`. */
export function liveBytes(): number {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("run node with --expose-gc");
  for (let i = 0; i < 3; i++) gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
