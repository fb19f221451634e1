// Builders of access log entries for the tests of this folder.
import { AccessLogType, HTTPAccessLogEntry } from "../../../src/gen/envoy/data/accesslog/v3/accesslog.js";
import { StreamAccessLogsMessage } from "../../../src/gen/envoy/service/accesslog/v3/als.js";

export interface EntryNumbers {
  readonly cluster?: string;
  readonly address?: string;
  readonly port?: number;
  /** Offsets from the start of the attempt, milliseconds; undefined = never. */
  readonly firstTxMs?: number | undefined;
  readonly firstRxMs?: number | undefined;
  readonly status?: number;
  readonly type?: AccessLogType;
}

const duration = (ms: number | undefined) =>
  ms === undefined ? undefined : { seconds: BigInt(Math.trunc(ms / 1_000)), nanos: Math.round((ms % 1_000) * 1e6) };

export function entry(given: EntryNumbers = {}): HTTPAccessLogEntry {
  const { cluster = "checkout", address = "127.0.0.1", port = 9001, status = 200 } = given;
  return HTTPAccessLogEntry.create({
    commonProperties: {
      upstreamCluster: cluster,
      upstreamRemoteAddress: {
        address: { $case: "socketAddress", value: { address, portSpecifier: { $case: "portValue", value: port } } },
      },
      timeToFirstUpstreamTxByte: duration("firstTxMs" in given ? given.firstTxMs : 1),
      timeToFirstUpstreamRxByte: duration("firstRxMs" in given ? given.firstRxMs : 21),
      accessLogType: given.type ?? AccessLogType.UpstreamEnd,
    },
    response: { responseCode: status },
  });
}

export function accessLog(entries: readonly HTTPAccessLogEntry[], node?: string): StreamAccessLogsMessage {
  return StreamAccessLogsMessage.create({
    ...(node === undefined ? {} : { identifier: { node: { id: node }, logName: "steelyard.attempts" } }),
    logEntries: { $case: "httpLogs", value: { logEntry: [...entries] } },
  });
}
