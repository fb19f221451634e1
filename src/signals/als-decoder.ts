// Envoy's access log entries (envoy.data.accesslog.v3) of `Router.upstream_log` to attempts. Pure. Numbers of the network
// are validated here; a bad entry costs only itself, and is counted. Nothing else of an entry (paths, addresses of
// callers) goes any further.
import { AccessLogType, type HTTPAccessLogEntry } from "../gen/envoy/data/accesslog/v3/accesslog.js";
import type { StreamAccessLogsMessage } from "../gen/envoy/service/accesslog/v3/als.js";
import type { Duration } from "../gen/google/protobuf/duration.js";
import { endpointKey } from "../model/instance.js";
import type { Attempt } from "./attempt.js";

const MAX_NAME_LENGTH = 253;
/** As for the latencies of load reports: no request takes longer than the longest timeout of a policy. */
const MAX_LATENCY_MS = 3_600_000;

/** `type`: not written at the end of an attempt, or not of HTTP. */
export type AlsRejectReason = "type" | "cluster" | "address" | "times";

export interface DecodedAccessLog {
  readonly attempts: readonly Attempt[];
  readonly rejected: ReadonlyMap<AlsRejectReason, number>;
}

export function decodeAccessLog({ logEntries }: Pick<StreamAccessLogsMessage, "logEntries">): DecodedAccessLog {
  const attempts: Attempt[] = [];
  const rejected = new Map<AlsRejectReason, number>();
  const reject = (reason: AlsRejectReason, times = 1): void =>
    void rejected.set(reason, (rejected.get(reason) ?? 0) + times);
  if (logEntries?.$case === "tcpLogs") reject("type", logEntries.value.logEntry.length);
  if (logEntries?.$case === "httpLogs") {
    for (const entry of logEntries.value.logEntry) {
      const attempt = attemptOf(entry);
      if (typeof attempt === "string") reject(attempt);
      else attempts.push(attempt);
    }
  }
  return { attempts, rejected };
}

function attemptOf({ commonProperties: common, response }: HTTPAccessLogEntry): Attempt | AlsRejectReason {
  if (common === undefined) return "type";
  // An access log of the listener would tell every request a second time.
  if (common.accessLogType !== AccessLogType.UpstreamEnd && common.accessLogType !== AccessLogType.NotSet)
    return "type";
  const cluster = common.upstreamCluster;
  if (cluster === "" || cluster.length > MAX_NAME_LENGTH) return "cluster";
  const address = common.upstreamRemoteAddress?.address;
  if (address?.$case !== "socketAddress") return "address";
  const { address: ip, portSpecifier: port } = address.value;
  if (ip === "" || ip.length > MAX_NAME_LENGTH || port?.$case !== "portValue") return "address";
  if (port.value < 1 || port.value > 65_535) return "address";
  const endpoint = endpointKey(ip, port.value);
  const firstRxMs = toMs(common.timeToFirstUpstreamRxByte);
  if (firstRxMs === undefined) return { cluster, endpoint, outcome: "unanswered", latencyMs: undefined };
  // From the first byte sent, as in load reports: the last may follow the answer.
  const latencyMs = firstRxMs - (toMs(common.timeToFirstUpstreamTxByte) ?? Number.NaN);
  if (!(latencyMs >= 0 && latencyMs <= MAX_LATENCY_MS)) return "times";
  const failed = (response?.responseCode ?? 0) >= 400;
  return { cluster, endpoint, outcome: failed ? "failed" : "answered", latencyMs };
}

function toMs(duration: Duration | undefined): number | undefined {
  return duration === undefined ? undefined : Number(duration.seconds) * 1_000 + duration.nanos / 1_000_000;
}
