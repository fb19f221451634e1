// From the raw records of a run to its result: every window of every contender. Pure.
import type { RequestRecords } from "../load/request-records.js";
import type { Scenario, Window } from "../scenario.js";
import { RequestSeries } from "./request-series.js";
import type { ContenderResult, FaultResult, WindowResult } from "./result.js";
import { SETTLING_STEP_MS, settleSeconds } from "./settling.js";
import { TrafficShares } from "./traffic-shares.js";

export interface MeasureInput {
  readonly scenario: Scenario;
  /** Names, in the order of everything below. */
  readonly contenders: readonly string[];
  readonly records: RequestRecords;
  /** Requests per step of time, by contender and host. */
  readonly arrivals: readonly (readonly (readonly number[])[])[];
  readonly arrivalStepMs: number;
  /** Revision of the plan of a contender at this second of the run; undefined when it has none. */
  readonly revisionAt: (contender: string, atS: number) => number | undefined;
}

/** Name of the contender that settling is judged by. */
const ORACLE = "oracle";
const LATE_S = 5;

export function measureRun(input: MeasureInput): readonly ContenderResult[] {
  const { scenario, contenders, records, arrivals, arrivalStepMs } = input;
  const series = RequestSeries.of(records, contenders.length);
  const results = contenders.map((name, i) => {
    const requests = series[i] ?? new RequestSeries();
    const shares = new TrafficShares(arrivals[i] ?? [], arrivalStepMs);
    return {
      name,
      windows: scenario.windows.map((window) => measureWindow(input, name, requests, shares, window)),
    };
  });
  // A cold start is over when the first window begins that is not the start itself.
  const measured = scenario.windows.find(({ name }) => name !== "start");
  const oracle = results.find(({ name }) => name === ORACLE)?.windows.find(({ name }) => name === measured?.name);
  if (oracle === undefined || measured === undefined) return results;
  return results.map((result, i) => {
    const means = series[i]?.meansPerStep(SETTLING_STEP_MS, measured.toS * 1000) ?? [];
    return { ...result, settleSeconds: settleSeconds(means, oracle.meanMs) ?? null };
  });
}

function measureWindow(
  { scenario, revisionAt }: MeasureInput,
  contender: string,
  requests: RequestSeries,
  traffic: TrafficShares,
  window: Window,
): WindowResult {
  const { name, fromS, toS } = window;
  const before = revisionAt(contender, fromS);
  const after = revisionAt(contender, toS);
  return {
    name,
    fromS,
    toS,
    ...requests.summary(fromS * 1000, toS * 1000),
    shares: traffic.between(fromS, toS),
    ...(before === undefined || after === undefined ? {} : { pushes: after - before }),
    ...(window.fault === undefined ? {} : { fault: measureFault(scenario, requests, traffic, window, window.fault) }),
  };
}

function measureFault(
  { slots }: Scenario,
  requests: RequestSeries,
  traffic: TrafficShares,
  { fromS, toS }: Window,
  { host, backByS }: { readonly host: number; readonly backByS: number },
): FaultResult {
  const fair = (slots[host] ?? 0) / slots.reduce((sum, count) => sum + count, 0);
  const late = requests.summary((fromS + LATE_S) * 1000, toS * 1000);
  return {
    host,
    lateP99Ms: late.p99Ms,
    lateErrorRate: late.errorRate,
    lateShareOfFair: (traffic.between(fromS + LATE_S, toS)[host] ?? Number.NaN) / fair,
    shedSeconds: traffic.shedSeconds(host, fair, fromS, toS) ?? null,
    backSeconds: traffic.backSeconds(host, fair, toS, backByS) ?? null,
  };
}
