// Which names and addresses never leave this machine. Without authentication the API listens only there, and answers
// only to them: a page whose host name was re-pointed at 127.0.0.1 (DNS rebinding) is refused by its Host header.
import { isIPv4, isIPv6 } from "node:net";
import { SteelyardError } from "../model/errors.js";

/** `host` without brackets or port: `localhost`, 127.0.0.0/8 or ::1. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase();
  if (isIPv4(name)) return name.startsWith("127.");
  if (isIPv6(name)) return name === "::1" || name === "0:0:0:0:0:0:0:1";
  return name === "localhost" || name.endsWith(".localhost");
}

/**
 * Call before listening.
 * @param flag what sets the address, e.g. `--api-address`
 * @throws SteelyardError ERR_NOT_LOOPBACK
 */
export function assertLoopback(flag: string, host: string): void {
  if (isLoopbackHost(host)) return;
  const message = `${flag} ${host}: without authentication only loopback addresses are allowed`;
  throw new SteelyardError("ERR_NOT_LOOPBACK", message);
}

/** Host name of an authority (`host`, `host:port`, `[ipv6]:port`) in lower case; undefined when it is none. */
export function hostOfAuthority(authority: string): string | undefined {
  const found = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/.exec(authority.toLowerCase());
  return found?.[1] ?? found?.[2];
}
