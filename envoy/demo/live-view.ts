// What the screen shows at one moment, computed from the log and the server's answers. Plain data, drawn by screen.ts.
import type { EndpointWeight, Explanation, ServiceWeights } from "../lab/control-api.js";
import { byBackend, type LoadSummary, type RequestLog, summarise } from "../lab/request-log.js";
import type { Member } from "./cast.js";
import { BASELINE, SHOP } from "./cast.js";

export interface LiveRow {
  readonly name: string;
  readonly slots: number;
  /** What was done to it, in words; "" = nothing. */
  readonly condition: string;
  readonly weight: number | undefined;
  /** 0..1, undefined while the server has no plan. */
  readonly target: number | undefined;
  /** Measured, 0..1. */
  readonly traffic: number;
  /** Measured at its twin under Envoy's own balancing, 0..1. */
  readonly twinTraffic: number;
  readonly load: LoadSummary;
  readonly reason: string;
}

export interface LiveView {
  readonly rows: readonly LiveRow[];
  readonly ours: LoadSummary;
  readonly envoys: LoadSummary;
  /** p99 per second, oldest first. */
  readonly oursTrend: readonly number[];
  readonly envoysTrend: readonly number[];
}

export interface LiveInput {
  readonly log: RequestLog;
  readonly nowMs: number;
  readonly members: readonly Member[];
  readonly conditions: ReadonlyMap<string, string>;
  /** The last answer of the server; undefined before the first. */
  readonly weights: ServiceWeights | undefined;
  /** Main factor by instance, shown where the server gives no reason. */
  readonly explained: ReadonlyMap<string, string>;
}

/** What is due now is answered a moment later: looking at the very last instant would only see the fast ones. */
const SETTLE_MS = 500;
const WINDOW_MS = 4_000;
const TREND_SECONDS = 40;
/** |ln| of a factor that is not worth a word: 3 %. */
const NEGLIGIBLE = 0.03;

export function liveView({ log, nowMs, members, conditions, weights, explained }: LiveInput): LiveView {
  const toMs = nowMs - SETTLE_MS;
  const ours = log.between(SHOP, toMs - WINDOW_MS, toMs);
  const envoys = log.between(BASELINE, toMs - WINDOW_MS, toMs);
  const oursByName = byBackend(ours);
  const envoysByName = byBackend(envoys);
  const endpoints = new Map(weights?.endpoints.map((endpoint) => [endpoint.instance, endpoint]));
  const rows = members.map((member): LiveRow => {
    const own = oursByName.get(member.name) ?? [];
    const endpoint = endpoints.get(member.name);
    return {
      ...member,
      condition: conditions.get(member.name) ?? "",
      weight: endpoint?.weight,
      target: endpoint?.share,
      traffic: own.length / Math.max(1, ours.length),
      twinTraffic: (envoysByName.get(member.name)?.length ?? 0) / Math.max(1, envoys.length),
      load: summarise(own),
      reason: reasonOf(endpoint) || (endpoint === undefined ? "" : (explained.get(member.name) ?? "")),
    };
  });
  return {
    rows,
    ours: summarise(ours),
    envoys: summarise(envoys),
    oursTrend: trend(log, SHOP, toMs),
    envoysTrend: trend(log, BASELINE, toMs),
  };
}

/** The factor that moves a share most, after the first, which is the equal split: "latency trim x2.66: latency 44 ms". */
export function mainFactor({ factors }: Explanation): string {
  const size = ({ value }: { readonly value: number }): number => Math.abs(Math.log(value));
  const [main] = factors.slice(1).toSorted((a, b) => size(b) - size(a));
  if (main === undefined || size(main) < NEGLIGIBLE) return "";
  return `${main.name} ×${main.value.toFixed(2)}${main.note === undefined ? "" : `: ${main.note}`}`;
}

function reasonOf(endpoint: EndpointWeight | undefined): string {
  if (endpoint === undefined) return "";
  const health = endpoint.health === "HEALTHY" ? [] : [endpoint.health.toLowerCase()];
  return [...health, ...endpoint.reasons].join(", ");
}

function trend(log: RequestLog, target: string, toMs: number): readonly number[] {
  return Array.from({ length: TREND_SECONDS }, (_, i) => {
    const endMs = Math.floor(toMs / 1000) * 1000 - (TREND_SECONDS - 1 - i) * 1000;
    return summarise(log.between(target, endMs - 1000, endMs)).p99Ms;
  });
}
