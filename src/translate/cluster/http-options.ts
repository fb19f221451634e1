// What the proxies speak to the instances of a service, and the filter that measures them.
import { HttpProtocolOptions } from "../../gen/envoy/extensions/upstreams/http/v3/http_protocol_options.js";
import type { ServicePolicy } from "../../model/service.js";
import { latencyFilters } from "../latency-filter.js";

/** Key in `typed_extension_protocol_options`. */
export const HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/** With all forms of ORCA the backends' reports stay as they are, and nothing is added to them. */
export function httpOptionsOf({ protocol, orca }: Pick<ServicePolicy, "protocol" | "orca">): HttpProtocolOptions {
  return HttpProtocolOptions.create({
    upstreamProtocolOptions: {
      $case: "explicitHttpConfig",
      value: {
        protocolConfig:
          protocol === "http2"
            ? { $case: "http2ProtocolOptions", value: {} }
            : { $case: "httpProtocolOptions", value: {} },
      },
    },
    httpFilters: orca?.forms === "all" ? [] : latencyFilters(),
  });
}
