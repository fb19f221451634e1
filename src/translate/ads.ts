// "Get it from the stream that this came from": the config source of everything we point to.
import { ApiVersion, type ConfigSource } from "../gen/envoy/config/core/v3/config_source.js";

export const ADS: ConfigSource = {
  authorities: [],
  configSourceSpecifier: { $case: "ads", value: {} },
  initialFetchTimeout: undefined,
  resourceApiVersion: ApiVersion.V3,
};
