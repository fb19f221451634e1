// Makes Envoy measure each endpoint and report it over LRS, without help from the backend: an upstream filter appends
// the time to first byte to the response's ORCA load report, which Envoy then sums up per endpoint and metric name. The
// status code is part of the name, so fast failures never look fast (src/signals/named-metrics.ts). What a backend
// reports of itself in the textual form stays and arrives as well (src/signals/utilization.ts).
import { HeaderMutation as HeaderMutationRule } from "../gen/envoy/config/common/mutation_rules/v3/mutation_rules.js";
import { HeaderValueOption_HeaderAppendAction } from "../gen/envoy/config/core/v3/base.js";
import { HeaderMutation } from "../gen/envoy/extensions/filters/http/header_mutation/v3/header_mutation.js";
import { UpstreamCodec } from "../gen/envoy/extensions/filters/http/upstream_codec/v3/upstream_codec.js";
import type { HttpFilter } from "../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.js";
import { packAny } from "./resource.js";

const REPORT_HEADER = "endpoint-load-metrics";
const BINARY_REPORT_HEADER = "endpoint-load-metrics-bin";

/**
 * Which reported metrics Envoy forwards per endpoint (`Cluster.lrs_report_endpoint_metrics`). Not the standard scalars: for
 * answers without a report Envoy would count them as 0, and so as idle.
 */
export const REPORTED_METRICS: readonly string[] = ["named_metrics.*"];

/** What is forwarded where the backends' own reports come unchanged and so may have the standard scalars. */
export const REPORTED_METRICS_OF_BACKENDS: readonly string[] = [
  ...REPORTED_METRICS,
  "application_utilization",
  "cpu_utilization",
];

/** Headers that clients must not see: they would tell them about the backends. */
export const REPORT_HEADERS: readonly string[] = [REPORT_HEADER, BINARY_REPORT_HEADER];

/** The report of a backend that has none: to be appended to, with nothing in it that Envoy would forward. */
export const EMPTY_REPORT = "TEXT mem_utilization=0";

/**
 * A longer report is cut, and one cut within a number is void as a whole: no backend can flood load reports with names.
 * A report in JSON or binary form, or none at all after "TEXT ", voids the measurement too; Little's law then stands in.
 * No formatter can turn such a report into text: services that have them do without the filter (`orca.forms: all`).
 */
const OWN_REPORT_CHARS = 256;

/**
 * From the first byte sent on a connection that was already open, to the first byte back. `US_TX_END` is no
 * alternative: it is unset when the answer comes before the request ends, and that voids the whole header.
 */
export const REPORT_VALUE = `%RESPONSE_HEADER(${REPORT_HEADER}):${OWN_REPORT_CHARS}%,named_metrics.s%RESPONSE_HEADER(:STATUS)%=%COMMON_DURATION(US_TX_BEG:US_RX_BEG:us)%`;

/** The upstream filter chain of a measured cluster. */
export function latencyFilters(): HttpFilter[] {
  const mutation = HeaderMutation.create({
    mutations: {
      responseMutations: [
        // A backend's binary report would win over the textual one.
        { action: { $case: "remove", value: BINARY_REPORT_HEADER } },
        setHeader(EMPTY_REPORT, HeaderValueOption_HeaderAppendAction.ADD_IF_ABSENT),
        setHeader(REPORT_VALUE, HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD),
      ],
    },
  });
  return [
    filter("envoy.filters.http.header_mutation", packAny(HeaderMutation, mutation)),
    filter("envoy.filters.http.upstream_codec", packAny(UpstreamCodec, UpstreamCodec.create())),
  ];
}

function setHeader(value: string, appendAction: HeaderValueOption_HeaderAppendAction): HeaderMutationRule {
  return HeaderMutationRule.create({
    action: { $case: "append", value: { header: { key: REPORT_HEADER, value }, appendAction } },
  });
}

function filter(name: string, value: ReturnType<typeof packAny>): HttpFilter {
  return { name, configType: { $case: "typedConfig", value }, isOptional: false, disabled: false };
}
