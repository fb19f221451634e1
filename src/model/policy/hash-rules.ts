// `hashPolicy` and the algorithm belong together, and every place in it must be able to decide.
import { isHashing } from "../enforcement.js";
import type { FieldError } from "../errors.js";
import type { ServicePolicy } from "../service.js";
import type { HashPlace } from "./hash-policy.js";
import type { PolicyRule } from "./policy-rule.js";
import { isTcp } from "./protocol.js";

const hashPolicyWhereHashed: PolicyRule = ({ algorithm, hashPolicy }, enforcement) => {
  const hashes = isHashing(enforcement);
  if (hashes && hashPolicy === undefined) {
    const detail = `algorithm ${algorithm} hashes a key: say where a request has it, e.g. [{"header": "x-user"}]`;
    return [{ pointer: "/hashPolicy", detail }];
  }
  if (!hashes && hashPolicy !== undefined) {
    return [{ pointer: "/hashPolicy", detail: `algorithm ${algorithm} does not hash` }];
  }
  return [];
};

/** Nothing in a connection but where it comes from can be read. */
const sourceIpOfConnections: PolicyRule = ({ protocol, hashPolicy = [] }) => {
  if (!isTcp({ protocol })) return [];
  return hashPolicy.flatMap((place, index) =>
    "sourceIp" in place
      ? []
      : [
          {
            pointer: `/hashPolicy/${index}`,
            detail: "protocol tcp knows only where a connection comes from: sourceIp",
          },
        ],
  );
};

/** Of a policy, or of a rule of a route. */
export function everyPlaceDecides({ hashPolicy = [] }: Pick<ServicePolicy, "hashPolicy">): readonly FieldError[] {
  const sure = hashPolicy.findIndex(alwaysHasKey);
  return hashPolicy.flatMap((place, index): readonly FieldError[] => {
    const pointer = `/hashPolicy/${index}`;
    if (sure >= 0 && index > sure) {
      return [{ pointer, detail: `never decides: the place before it, ${sure}, has a key of every request` }];
    }
    if ("cookie" in place && place.path !== undefined && place.ttlMs === undefined) {
      return [{ pointer: `${pointer}/path`, detail: "without ttlMs Envoy sets no cookie" }];
    }
    return [];
  });
}

/** A cookie with a time to live is set where it is missing. */
function alwaysHasKey(place: HashPlace): boolean {
  return "sourceIp" in place || ("cookie" in place && place.ttlMs !== undefined);
}

export const hashRules: readonly PolicyRule[] = [hashPolicyWhereHashed, sourceIpOfConnections, everyPlaceDecides];
