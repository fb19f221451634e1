// One time line for all processes of the bench: the machine's monotonic clock, which no NTP step can move. The director
// says "the load starts at 81,234.5 ms", and generator and backends mean the same instant.

/** The monotonic clock that Node's two time functions share, read once with both: later calls need the cheap one only. */
const OFFSET_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Milliseconds with sub-millisecond steps, the same in every process of this machine. */
export function machineNowMs(): number {
  return performance.now() + OFFSET_MS;
}
