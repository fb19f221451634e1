// Reports come with answers, and connections that are passed on have none.
import type { PolicyRule } from "./policy-rule.js";

const orcaNeedsHttp: PolicyRule = ({ protocol, orca }) =>
  orca === undefined || protocol === "http1" || protocol === "http2"
    ? []
    : [{ pointer: "/orca", detail: "protocol tcp has no answers that could carry a report" }];

export const orcaRules: readonly PolicyRule[] = [orcaNeedsHttp];
