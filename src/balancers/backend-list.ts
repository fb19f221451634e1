// What a list of backends must look like before any balancer works with it. Refused as a whole and before anything is
// changed: a weight of 0 or NaN that slips in would surface much later, as a backend that is starved or takes all.
import { type FieldError, SteelyardError } from "../model/errors.js";
import type { BackendSpec } from "./load-balancer.js";

const MAX_WEIGHT = 65_535;
/** More would only repeat the first ones. */
const MAX_ERRORS = 10;

/** @throws SteelyardError ERR_INVALID_BACKENDS, with a pointer `/INDEX/FIELD` for each of the first 10 defects */
export function checkBackends(backends: readonly BackendSpec[]): void {
  const ids = new Set<string>();
  const errors: FieldError[] = [];
  backends.forEach(({ id, weight }, index) => {
    if (id === "") errors.push({ pointer: `/${index}/id`, detail: "must not be empty" });
    else if (ids.has(id)) errors.push({ pointer: `/${index}/id`, detail: `is used twice: ${JSON.stringify(id)}` });
    ids.add(id);
    if (!Number.isInteger(weight) || weight < 1 || weight > MAX_WEIGHT) {
      errors.push({ pointer: `/${index}/weight`, detail: `must be an integer 1..${MAX_WEIGHT}, not ${weight}` });
    }
  });
  const [first] = errors;
  if (first === undefined) return;
  throw new SteelyardError("ERR_INVALID_BACKENDS", `backends${first.pointer} ${first.detail}`, {
    errors: errors.slice(0, MAX_ERRORS),
  });
}
