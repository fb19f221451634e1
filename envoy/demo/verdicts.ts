// Did the weights follow? One function per scene; each states what it saw and what it wanted. Limits leave about twice
// the noise of a shared two-core machine; without the control server each of them fails.
import { byBackend, type RequestRecord, summarise, trafficShare } from "../lab/request-log.js";
import { secondsUntil } from "../lab/settling.js";
import { BASELINE, FAILING, LEAVING, NEWCOMER, SHOP, SLOW } from "./cast.js";
import type { JudgeInput, Span, Verdict } from "./scene.js";

/** A 4-slot backend against a 1-slot one: capacity says 4, Envoy's own P2C gives about 2.2. */
const LEARNED_RATIO = 3;
const STEADY_P99_RATIO = 0.85;
const SHED_SECONDS = 5;
const SHED_SHARE = 0.2;
const TARGET_SHARE = 0.3;
const LATE_MS = 5_000;
const LATE_ERROR_RATE = 0.005;
const BACK_SHARE = 0.8;
const BACK_SECONDS = 20;
/** Longer: only a few probes per second tell that a backend answers well again. */
const BACK_AFTER_ERRORS_SECONDS = 30;
const JOIN_SHARE = 0.5;
const DRAIN_MS = 1_000;

export function learned({ log, span, slots }: JudgeInput): Verdict {
  const ratioOf = (records: readonly RequestRecord[]): number => sizeRatio(records, slots);
  const seconds = secondsUntil(log, { target: SHOP, ...span, satisfied: (window) => ratioOf(window) >= LEARNED_RATIO });
  const lastMs = Math.max(span.fromMs, span.toMs - 4_000);
  const ratio = ratioOf(log.between(SHOP, lastMs, span.toMs));
  const envoyRatio = ratioOf(log.between(BASELINE, lastMs, span.toMs));
  return {
    met: ratio >= LEARNED_RATIO ? true : verdictAfter(span, 8, false),
    text:
      `a 4-slot backend carries ${ratio.toFixed(1)} times a 1-slot one${after(seconds)}` +
      ` (wanted ${LEARNED_RATIO}; Envoy's own ${envoyRatio.toFixed(1)})`,
    facts: { largeToSmallRatio: ratio, envoyLargeToSmallRatio: envoyRatio, settleSeconds: seconds },
  };
}

export function steady({ log, span }: JudgeInput): Verdict {
  const ours = summarise(log.between(SHOP, span.fromMs, span.toMs)).p99Ms;
  const envoys = summarise(log.between(BASELINE, span.fromMs, span.toMs)).p99Ms;
  const ratio = ours / envoys;
  return {
    met: ratio <= STEADY_P99_RATIO ? true : verdictAfter(span, 5, false),
    text: `p99 is ${ratio.toFixed(2)} of Envoy's own (wanted at most ${STEADY_P99_RATIO})`,
    facts: { p99Ratio: ratio },
  };
}

/** Envoy's own balancing starves a slow host a little by itself, so here the target must have moved, not only the traffic. */
export function slow(input: JudgeInput): Verdict {
  const { span, memory } = input;
  const targetAt = (ms: number): number =>
    memory.targets.findLast(({ atMs }) => atMs <= ms)?.shares.get(SLOW.name) ?? Number.NaN;
  const before = targetAt(span.fromMs);
  const now = targetAt(span.toMs);
  const moved = memory.targets.find(
    ({ atMs, shares }) => atMs > span.fromMs && (shares.get(SLOW.name) ?? before) <= before * TARGET_SHARE,
  );
  const seconds = moved === undefined ? undefined : (moved.atMs - span.fromMs) / 1000;
  const target = `its target share went from ${percent(before)} to ${percent(now)}${after(seconds)}`;
  const verdict = shed(input, SLOW.name, [target]);
  const met = verdict.met === true ? now <= before * TARGET_SHARE : verdict.met;
  return {
    ...verdict,
    met,
    facts: { ...verdict.facts, targetBefore: before, targetAfter: now, targetSeconds: seconds },
  };
}

export function failing(input: JudgeInput): Verdict {
  const { log, span } = input;
  const lateFromMs = Math.min(span.toMs, span.fromMs + LATE_MS);
  const late = summarise(log.between(SHOP, lateFromMs, span.toMs)).errorRate;
  const whole = summarise(log.between(SHOP, span.fromMs, span.toMs)).errorRate;
  const envoys = summarise(log.between(BASELINE, span.fromMs, span.toMs)).errorRate;
  const verdict = shed(input, FAILING, [
    `errors ${percent(whole)}, ${percent(late)} after 5 s (wanted ${percent(LATE_ERROR_RATE)}; Envoy's own ${percent(envoys)})`,
  ]);
  const met = span.toMs - lateFromMs < 2_000 ? undefined : verdict.met === true && late <= LATE_ERROR_RATE;
  return { ...verdict, met, facts: { ...verdict.facts, errorRateAfter5s: late } };
}

function shed({ log, span, memory }: JudgeInput, name: string, more: readonly string[]): Verdict {
  const before = memory.faulty.get(name)?.share ?? memory.healed.get(name)?.share ?? 0;
  const limit = before * SHED_SHARE;
  const satisfied = (window: readonly RequestRecord[]): boolean => trafficShare(window, name) <= limit;
  const seconds = secondsUntil(log, { target: SHOP, ...span, satisfied });
  const met = seconds === undefined ? verdictAfter(span, SHED_SECONDS + 2, false) : seconds <= SHED_SECONDS;
  const saw =
    seconds === undefined
      ? `${name} keeps more than 20 % of its share`
      : `${name} below 20 % of its share${after(seconds)}`;
  return { met, text: [`${saw} (wanted ${SHED_SECONDS} s)`, ...more].join("; "), facts: { shedSeconds: seconds } };
}

/** Coming back may take longer than the scene: it is followed through the next ones. */
export function recovered({ log, memory, endMs }: JudgeInput): Verdict {
  const found = [...memory.healed].map(([name, { atMs, share }]) => {
    const satisfied = (window: readonly RequestRecord[]): boolean => trafficShare(window, name) >= share * BACK_SHARE;
    const seconds = secondsUntil(log, { target: SHOP, fromMs: atMs, toMs: endMs, satisfied });
    const limit = name === FAILING ? BACK_AFTER_ERRORS_SECONDS : BACK_SECONDS;
    const met = seconds === undefined ? verdictAfter({ fromMs: atMs, toMs: endMs }, limit, false) : seconds <= limit;
    const saw = seconds === undefined ? `${name} not back yet` : `${name} back${after(seconds)}`;
    return { name, seconds, met, text: `${saw} (wanted ${limit} s)` };
  });
  return {
    met: found.length === 0 ? undefined : worst(found.map(({ met }) => met)),
    text:
      found.length === 0 ? "nothing to recover from" : `80 % of the share: ${found.map(({ text }) => text).join(", ")}`,
    facts: Object.fromEntries(found.map(({ name, seconds }) => [`${name} backSeconds`, seconds])),
  };
}

export function joined({ log, span, slots }: JudgeInput): Verdict {
  const peers = [...slots].filter(([name, count]) => count === NEWCOMER.slots && name !== NEWCOMER.name);
  const ofPeers = (window: readonly RequestRecord[]): number => {
    const share = trafficShare(window, NEWCOMER.name);
    const peerShare = peers.reduce((sum, [name]) => sum + trafficShare(window, name), 0) / peers.length;
    return peerShare === 0 ? 0 : share / peerShare;
  };
  const satisfied = (window: readonly RequestRecord[]): boolean => ofPeers(window) >= JOIN_SHARE;
  const seconds = secondsUntil(log, { target: SHOP, ...span, satisfied });
  const { errors } = summarise(log.between(SHOP, span.fromMs, span.toMs));
  const share = ofPeers(log.between(SHOP, Math.max(span.fromMs, span.toMs - 3_000), span.toMs));
  return {
    met: errors > 0 ? false : seconds === undefined ? verdictAfter(span, 8, false) : true,
    text:
      `${NEWCOMER.name} takes ${(share * 100).toFixed(0)} % of an equal peer's traffic,` +
      ` half${seconds === undefined ? " not yet" : after(seconds)} (wanted within the scene); ${errors} errors`,
    facts: { shareOfPeers: share, settleSeconds: seconds },
  };
}

export function drained({ log, span }: JudgeInput): Verdict {
  const records = log.between(SHOP, span.fromMs, span.toMs);
  const last = (byBackend(records).get(LEAVING) ?? []).reduce((latest, { dueMs }) => Math.max(latest, dueMs), 0);
  const seconds = last === 0 ? 0 : (last - span.fromMs) / 1000;
  const { errors } = summarise(records);
  return {
    met: errors === 0 && seconds * 1000 <= DRAIN_MS,
    text: `${LEAVING} got its last request${after(seconds)} (wanted ${DRAIN_MS / 1000} s); ${errors} errors (wanted 0)`,
    facts: { lastRequestSeconds: seconds },
  };
}

export function restarted({ log, span, memory }: JudgeInput): Verdict {
  const { errors } = summarise(log.between(SHOP, span.fromMs, span.toMs));
  const { awaySeconds = Number.NaN, weightsUnchanged = false } = memory.restart ?? {};
  return {
    met: errors === 0 && weightsUnchanged,
    text:
      `away for ${awaySeconds.toFixed(1)} s: ${errors} errors (wanted 0),` +
      ` weights unchanged over restart: ${weightsUnchanged ? "yes" : "no"}`,
    facts: { awaySeconds, weightsUnchanged, errors },
  };
}

/** Mean traffic of a 4-slot backend over that of a 1-slot one. */
function sizeRatio(records: readonly RequestRecord[], slots: ReadonlyMap<string, number>): number {
  const mean = (size: number): number => {
    const names = [...slots].filter(([, count]) => count === size).map(([name]) => name);
    return names.reduce((sum, name) => sum + trafficShare(records, name), 0) / names.length;
  };
  return mean(4) / Math.max(mean(1), 1e-6);
}

/** A failure weighs more than not knowing. */
function worst(verdicts: readonly (boolean | undefined)[]): boolean | undefined {
  if (verdicts.includes(false)) return false;
  return verdicts.includes(undefined) ? undefined : true;
}

/** A miss counts only when the scene was long enough for the thing to happen. */
function verdictAfter(span: Span, neededSeconds: number, verdict: boolean): boolean | undefined {
  return span.toMs - span.fromMs >= neededSeconds * 1000 ? verdict : undefined;
}

function after(seconds: number | undefined): string {
  if (seconds === undefined) return "";
  return seconds < 0.05 ? " at once" : ` after ${seconds.toFixed(1)} s`;
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(fraction >= 0.1 ? 0 : 1)} %`;
}
