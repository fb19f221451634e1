// What failover may ask of an algorithm.
import { isHashing } from "../enforcement.js";
import type { PolicyRule } from "./policy-rule.js";

/** A key leads to one instance, wherever the caller stands; a locality drawn first would make it several. */
const nearWhereNotHashed: PolicyRule = ({ algorithm, failover }, enforcement) => {
  if (failover?.locality === undefined || !isHashing(enforcement)) return [];
  const detail = `algorithm ${algorithm} sends each key to one instance, so callers cannot be sent to those near them`;
  return [{ pointer: "/failover/locality", detail }];
};

export const failoverRules: readonly PolicyRule[] = [nearWhereNotHashed];
