// How long traffic takes to arrive where it ends up, after a change of the world.
import type { Mark } from "../simulation-plan.js";
import type { Second } from "./time-series.js";

export interface MarkResult {
  readonly name: string;
  readonly atS: number;
  /** Seconds until the shares of all classes of hosts stay within 10 % of their final values; undefined = never. */
  readonly settleSeconds: number | undefined;
  /** After an onset: seconds until the hosts get less than a fifth of a fair share. */
  readonly shedSeconds: number | undefined;
  /** After an end: seconds until they have four fifths of a fair share again. */
  readonly backSeconds: number | undefined;
}

const TOLERANCE = 0.1;
const SHED = 0.2;
const BACK = 0.8;
/** Seconds over which shares are averaged. */
const SMOOTHING_S = 3;
/** Part of a segment, at its end, whose mean is the final value. */
const FINAL_PART = 0.3;
/** Counting noise of so many standard deviations is no movement. */
const NOISE = 3;

/**
 * @param seconds of the whole run
 * @param untilS end of the segment: the next mark, or the end of the run
 * @param classes hosts that are alike after the mark
 */
export function settlingOf(
  mark: Mark,
  seconds: readonly Second[],
  untilS: number,
  classes: readonly (readonly number[])[],
): MarkResult {
  const fromS = Math.floor(mark.atMs / 1000);
  const segment = seconds.slice(fromS, untilS);
  const fairOne = 1 / Math.max(1, classes.flat().length);
  const settled = classes.map((hosts) => settleSecondsOf(segment, hosts, hosts.length * fairOne));
  const share = (second: Second): number => shareOf(second, mark.hosts) / Math.max(1, mark.hosts.length) / fairOne;
  const smoothed = smooth(segment.map(share));
  const first = (reached: (ratio: number) => boolean): number | undefined => {
    const index = smoothed.findIndex(reached);
    return index < 0 ? undefined : index + 1;
  };
  return {
    name: mark.name,
    atS: mark.atMs / 1000,
    settleSeconds: settled.includes(undefined) ? undefined : Math.max(0, ...settled.map((value) => value ?? 0)),
    shedSeconds: mark.kind === "onset" && mark.hosts.length > 0 ? first((ratio) => ratio < SHED) : undefined,
    backSeconds: mark.kind === "end" && mark.hosts.length > 0 ? first((ratio) => ratio >= BACK) : undefined,
  };
}

/** `undefined` = not before the last part, which is what it is compared with. */
function settleSecondsOf(segment: readonly Second[], hosts: readonly number[], fair: number): number | undefined {
  const shares = segment.map((second) => shareOf(second, hosts));
  const tail = shares.slice(Math.floor(shares.length * (1 - FINAL_PART)));
  const final = tail.reduce((sum, value) => sum + value, 0) / Math.max(1, tail.length);
  const smoothed = smooth(shares);
  let settled = smoothed.length;
  for (let i = smoothed.length - 1; i >= 0; i--) {
    const picks = Math.max(1, SMOOTHING_S * (segment[i]?.picks ?? 0));
    const noise = NOISE * Math.sqrt((final * (1 - final)) / picks);
    if (Math.abs((smoothed[i] ?? 0) - final) > Math.max(TOLERANCE * Math.max(final, fair), noise)) break;
    settled = i;
  }
  return settled >= shares.length - tail.length ? undefined : settled;
}

function shareOf(second: Second, hosts: readonly number[]): number {
  return hosts.reduce((sum, host) => sum + (second.shares[host] ?? 0), 0);
}

/** Mean over the second and those after it, so that a time to settle is not lengthened by the averaging. */
function smooth(values: readonly number[]): number[] {
  return values.map((_, i) => {
    const span = values.slice(i, i + SMOOTHING_S);
    return span.reduce((sum, value) => sum + value, 0) / span.length;
  });
}
