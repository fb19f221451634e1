// Why a port could not be opened, told in the same words for every listener. grpc-js wraps the system's error in a text of
// its own, so the code is looked for there as well.
import { SteelyardError } from "../model/errors.js";

const REASONS: ReadonlyMap<string, string> = new Map([
  ["EACCES", "this user may not open that port"],
  ["EADDRNOTAVAIL", "this machine does not have that address"],
]);

/**
 * ERR_ADDRESS_IN_USE when somebody else listens there, else ERR_CONFIG_INVALID.
 * @param target `ADDRESS:PORT`
 * @param flag what sets it, e.g. `--api-address`
 */
export function listenFailure(target: string, flag: string, cause: Error): SteelyardError {
  const systemCode = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  const code = systemCode === "" ? /\blisten (E[A-Z]+)\b/.exec(cause.message)?.[1] : systemCode;
  if (code === "EADDRINUSE") {
    const message = `${target} is taken: stop the process that listens there, or choose another address with ${flag}`;
    return new SteelyardError("ERR_ADDRESS_IN_USE", message, { cause });
  }
  const reason = REASONS.get(code ?? "") ?? cause.message;
  return new SteelyardError("ERR_CONFIG_INVALID", `cannot listen on ${target}, ${flag}: ${reason}`, { cause });
}
