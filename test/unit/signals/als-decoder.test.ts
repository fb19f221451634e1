import { describe, expect, it } from "@jest/globals";
import { AccessLogType, HTTPAccessLogEntry } from "../../../src/gen/envoy/data/accesslog/v3/accesslog.js";
import { StreamAccessLogsMessage } from "../../../src/gen/envoy/service/accesslog/v3/als.js";
import { decodeAccessLog } from "../../../src/signals/als-decoder.js";
import { accessLog, type EntryNumbers, entry } from "./als-fixtures.js";

const decode = (...entries: readonly EntryNumbers[]) => decodeAccessLog(accessLog(entries.map(entry)));

describe("entries of the access log", () => {
  it("are attempts with the time from the first byte sent to the first byte back", () => {
    expect(decode({ firstTxMs: 2.5, firstRxMs: 52.75 }).attempts).toEqual([
      { cluster: "checkout", endpoint: "127.0.0.1:9001", outcome: "answered", latencyMs: 50.25 },
    ]);
    expect(decode({ address: "::1", port: 80, firstTxMs: 500, firstRxMs: 3_500 }).attempts).toMatchObject([
      { endpoint: "[::1]:80", latencyMs: 3_000 },
    ]);
  });

  it("tell failures, and attempts without an answer, apart", () => {
    const { attempts } = decode(
      { status: 302 },
      { status: 404 },
      { status: 503 },
      { firstRxMs: undefined, status: 0 },
      { firstTxMs: undefined, firstRxMs: undefined, status: 0 },
    );
    expect(attempts.map(({ outcome }) => outcome)).toEqual([
      "answered",
      "failed",
      "failed",
      "unanswered",
      "unanswered",
    ]);
  });

  it.each<[string, EntryNumbers]>([
    ["type", { type: AccessLogType.DownstreamEnd }],
    ["type", { type: AccessLogType.UpstreamPeriodic }],
    ["cluster", { cluster: "" }],
    ["cluster", { cluster: "x".repeat(254) }],
    ["address", { address: "" }],
    ["address", { port: 0 }],
    ["address", { port: 65_536 }],
    ["times", { firstTxMs: undefined }],
    ["times", { firstTxMs: 30, firstRxMs: 20 }],
    ["times", { firstTxMs: 0, firstRxMs: 3_600_001 }],
  ])("cost only themselves when they are no good: %s %j", (reason, bad) => {
    const { attempts, rejected } = decode({}, bad, {});
    expect(attempts).toHaveLength(2);
    expect([...rejected]).toEqual([[reason, 1]]);
  });

  it("without content, or of TCP, are none", () => {
    const empty = StreamAccessLogsMessage.create({
      logEntries: { $case: "httpLogs", value: { logEntry: [HTTPAccessLogEntry.create()] } },
    });
    expect([...decodeAccessLog(empty).rejected]).toEqual([["type", 1]]);
    const tcp = StreamAccessLogsMessage.create({ logEntries: { $case: "tcpLogs", value: { logEntry: [{}, {}] } } });
    expect([...decodeAccessLog(tcp).rejected]).toEqual([["type", 2]]);
    expect(decodeAccessLog(StreamAccessLogsMessage.create())).toEqual({ attempts: [], rejected: new Map() });
  });
});
