// Numbers as people read them. Unknown is "-".

const UNKNOWN = "-";

export function percent(ratio: number | undefined): string {
  return ratio === undefined ? UNKNOWN : `${(ratio * 100).toFixed(1)} %`;
}

export function milliseconds(ms: number | undefined): string {
  if (ms === undefined) return UNKNOWN;
  if (ms >= 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${ms < 100 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

export function rate(perSecond: number | undefined): string {
  if (perSecond === undefined) return UNKNOWN;
  return perSecond < 100 ? perSecond.toFixed(1) : perSecond.toFixed(0);
}

/** Three significant digits, for factors that may be tiny. */
export function factor(value: number): string {
  if (value === 0) return "0";
  return Math.abs(value) >= 0.001 && Math.abs(value) < 1_000
    ? value.toFixed(value < 1 ? 4 : 3)
    : value.toExponential(2);
}

export function age(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3_600)} h`;
}
