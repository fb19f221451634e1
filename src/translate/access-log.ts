// The access log of attempts: Envoy's router writes one entry per try at an endpoint, failed ones included, and sends a
// random part of them to this server (src/signals/als-decoder.ts). Callers' headers are not in it.
import { type AccessLog, AccessLogFilter } from "../gen/envoy/config/accesslog/v3/accesslog.js";
import { ApiVersion } from "../gen/envoy/config/core/v3/config_source.js";
import { HttpGrpcAccessLogConfig } from "../gen/envoy/extensions/access_loggers/grpc/v3/als.js";
import { FractionalPercent_DenominatorType } from "../gen/envoy/type/v3/percent.js";
import { durationOf } from "./duration.js";
import { packAny } from "./resource.js";

/** Also a runtime key, with which an operator can change the percentage of one proxy. */
const LOG_NAME = "steelyard.attempts";
const SERVER_CLUSTER = "xds_cluster";
const BUFFER_BYTES = 65_536;
const FLUSH_MS = 1_000;
const PER_PERCENT = 10_000;

/** @param percent 0..100, of all attempts; 0 = none are logged */
export function attemptLogs(percent: number): AccessLog[] {
  if (percent === 0) return [];
  const config = HttpGrpcAccessLogConfig.create({
    commonConfig: {
      logName: LOG_NAME,
      transportApiVersion: ApiVersion.V3,
      grpcService: {
        targetSpecifier: { $case: "envoyGrpc", value: { clusterName: SERVER_CLUSTER } },
      },
      bufferFlushInterval: durationOf(FLUSH_MS),
      bufferSizeBytes: BUFFER_BYTES,
    },
  });
  const filter = AccessLogFilter.create({
    filterSpecifier: {
      $case: "runtimeFilter",
      value: {
        runtimeKey: LOG_NAME,
        percentSampled: {
          numerator: Math.round(percent * PER_PERCENT),
          denominator: FractionalPercent_DenominatorType.MILLION,
        },
        // Otherwise by request id, which callers can choose.
        useIndependentRandomness: true,
      },
    },
  });
  return [
    {
      name: "envoy.access_loggers.http_grpc",
      filter,
      configType: { $case: "typedConfig", value: packAny(HttpGrpcAccessLogConfig, config) },
    },
  ];
}
