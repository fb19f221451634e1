// The closing summary, as text for people and as JSON for scripts (a public interface: fields are only ever added).
import { type LoadSummary, type RequestLog, summarise } from "../lab/request-log.js";
import { fit, type Paint } from "./ansi.js";
import { BASELINE, RATE_RPS, SHOP } from "./cast.js";
import type { PlayedScene } from "./director.js";
import type { Verdict } from "./scene.js";

export interface SceneReport {
  readonly name: string;
  readonly title: string;
  readonly seconds: number;
  readonly steelyard: LoadSummary;
  readonly leastRequest: LoadSummary;
  /** Steelyard over Envoy's own; undefined when the latter is 0. */
  readonly p50Ratio: number | undefined;
  readonly p99Ratio: number | undefined;
  /** undefined = too short to tell. */
  readonly met: boolean | undefined;
  readonly verdict: string;
  readonly facts: Verdict["facts"];
}

export interface Report {
  readonly seed: number;
  readonly envoyVersion: string;
  readonly rateRps: number;
  readonly scenes: readonly SceneReport[];
  /** Whether every criterion that could be judged was met. */
  readonly adapted: boolean;
}

export function reportOf(input: {
  readonly seed: number;
  readonly envoyVersion: string;
  readonly log: RequestLog;
  readonly played: readonly PlayedScene[];
  readonly judge: (played: PlayedScene) => Verdict;
}): Report {
  const { seed, envoyVersion, log, played, judge } = input;
  const scenes = played.map((one): SceneReport => {
    const { fromMs, toMs } = one.span;
    const steelyard = summarise(log.between(SHOP, fromMs, toMs));
    const leastRequest = summarise(log.between(BASELINE, fromMs, toMs));
    const { met, text, facts } = judge(one);
    return {
      name: one.scene.name,
      title: one.scene.title,
      seconds: (toMs - fromMs) / 1000,
      steelyard,
      leastRequest,
      p50Ratio: ratio(steelyard.p50Ms, leastRequest.p50Ms),
      p99Ratio: ratio(steelyard.p99Ms, leastRequest.p99Ms),
      met,
      verdict: text,
      facts,
    };
  });
  return { seed, envoyVersion, rateRps: RATE_RPS, scenes, adapted: scenes.every((scene) => scene.met !== false) };
}

/** Lines of at most about 100 characters. */
export function reportLines(report: Report, paint: Paint): readonly string[] {
  const head = `${fit("", 10)}${fit("Steelyard, adaptive", 31, "right")}${fit("Envoy's own LEAST_REQUEST", 34, "right")}${fit("ratio", 16, "right")}`;
  const unjudged = report.scenes.filter((scene) => scene.met === undefined).length;
  const names = `${fit(" scene", 10)}${sideHead(31)}${sideHead(34)}${fit("p50", 9, "right")}${fit("p99", 7, "right")}`;
  return [
    paint(
      ` ${report.rateRps} requests/s to each, at the same instants, through one Envoy ${report.envoyVersion}`,
      "bold",
    ),
    "",
    paint(head, "dim"),
    paint(names, "dim"),
    ...report.scenes.flatMap((scene) => [sceneNumbers(scene, paint), sceneVerdict(scene, paint)]),
    "",
    report.adapted
      ? paint(` The weights adapted in every scene${unjudged === 0 ? "" : " that could be judged"}.`, "green", "bold")
      : paint(` The weights did not adapt in: ${failedScenes(report)}.`, "red", "bold"),
  ];
}

function sceneNumbers(scene: SceneReport, paint: Paint): string {
  const better = (value: number | undefined): string => {
    const text = fit(value === undefined ? "" : `${value.toFixed(2)}x`, 7, "right");
    return value !== undefined && value <= 0.9 ? paint(text, "green") : text;
  };
  const left = fit(` ${scene.name}`, 10);
  return `${paint(left, "bold")}${side(scene.steelyard, 31)}${side(scene.leastRequest, 34)}  ${better(scene.p50Ratio)}${better(scene.p99Ratio)}`;
}

function sceneVerdict(scene: SceneReport, paint: Paint): string {
  if (scene.met === undefined) return `   ${paint(`– ${scene.verdict}; the scene was too short to judge`, "yellow")}`;
  return scene.met ? `   ${paint("✓", "green")} ${scene.verdict}` : `   ${paint(`✗ ${scene.verdict}`, "red")}`;
}

function side(load: LoadSummary, width: number): string {
  const latency = `${load.p50Ms.toFixed(0).padStart(5)} ms${load.p99Ms.toFixed(0).padStart(6)} ms`;
  return fit(`${latency}${`${(load.errorRate * 100).toFixed(1)} %`.padStart(9)}`, width, "right");
}

function sideHead(width: number): string {
  return fit(`${"p50".padStart(8)}${"p99".padStart(9)}${"errors".padStart(9)}`, width, "right");
}

function failedScenes(report: Report): string {
  return report.scenes
    .filter((scene) => scene.met === false)
    .map((scene) => scene.name)
    .join(", ");
}

function ratio(ours: number, theirs: number): number | undefined {
  return theirs > 0 ? ours / theirs : undefined;
}
