// Makes Envoy measure each endpoint and report it over LRS, without help from the backend: an upstream filter writes
// the time to first byte into the response as an ORCA load report, which Envoy then sums up per endpoint and metric
// name. The status code is part of the name, so fast failures never look fast (src/signals/named-metrics.ts).
import { HeaderValueOption_HeaderAppendAction } from "../gen/envoy/config/core/v3/base.js";
import { HeaderMutation } from "../gen/envoy/extensions/filters/http/header_mutation/v3/header_mutation.js";
import { UpstreamCodec } from "../gen/envoy/extensions/filters/http/upstream_codec/v3/upstream_codec.js";
import type { HttpFilter } from "../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.js";
import { packAny } from "./resource.js";

const REPORT_HEADER = "endpoint-load-metrics";
const BINARY_REPORT_HEADER = "endpoint-load-metrics-bin";

/** Which reported metrics Envoy forwards per endpoint (`Cluster.lrs_report_endpoint_metrics`). */
export const REPORTED_METRICS: readonly string[] = ["named_metrics.*"];

/** Headers that clients must not see: they would tell them about the backends. */
export const REPORT_HEADERS: readonly string[] = [REPORT_HEADER, BINARY_REPORT_HEADER];

/**
 * From the first byte sent on a connection that was already open, to the first byte back. `US_TX_END` is no
 * alternative: it is unset when the answer comes before the request ends, and that voids the whole header.
 */
export const REPORT_VALUE = "TEXT named_metrics.s%RESPONSE_HEADER(:STATUS)%=%COMMON_DURATION(US_TX_BEG:US_RX_BEG:us)%";

/** The upstream filter chain of a measured cluster. */
export function latencyFilters(): HttpFilter[] {
  const mutation = HeaderMutation.create({
    mutations: {
      responseMutations: [
        // A backend's binary report would win over the textual one.
        { action: { $case: "remove", value: BINARY_REPORT_HEADER } },
        {
          action: {
            $case: "append",
            value: {
              header: { key: REPORT_HEADER, value: REPORT_VALUE },
              appendAction: HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
            },
          },
        },
      ],
    },
  });
  return [
    filter("envoy.filters.http.header_mutation", packAny(HeaderMutation, mutation)),
    filter("envoy.filters.http.upstream_codec", packAny(UpstreamCodec, UpstreamCodec.create())),
  ];
}

function filter(name: string, value: ReturnType<typeof packAny>): HttpFilter {
  return { name, configType: { $case: "typedConfig", value }, isOptional: false, disabled: false };
}
