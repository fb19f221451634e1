// Free TCP ports on loopback, for processes that must be told their port before they start. They are none of those
// that the system gives to whoever asks for any: such a port now and then goes to a backend that starts before its process
// listens, and then that backend answers the requests that are meant for Envoy.
import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { listenOnLoopback } from "./listen.js";

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Below where the system's own choice begins on Linux, unless told otherwise; elsewhere it begins later. */
const USUAL: PortRange = { first: 20_000, last: 32_767 };
const LAST_OF_ALL = 65_535;
/** Fewer than this are too few to meet nobody else's. */
const ENOUGH = 2_000;
const TRIES_PER_PORT = 100;

/** Given away by this process, and perhaps not yet listened on; or found to be somebody's. */
const given = new Set<number>();

/** `count` ports as of `freePort`, all different. @throws Error when none can be bound */
export async function freePorts(count: number): Promise<readonly number[]> {
  return Promise.all(Array.from({ length: count }, () => freePort()));
}

/**
 * A port that is free at this moment. No later call of this process gets it, and where the system leaves room for it, no
 * socket without a port of its own either.
 * @throws Error when none can be bound
 */
export async function freePort({ first, last } = rangeOutside(ephemeralRange())): Promise<number> {
  for (let tries = 0; tries < TRIES_PER_PORT; tries += 1) {
    const port = randomInt(first, last + 1);
    if (given.has(port)) continue;
    given.add(port);
    if (await canBind(port)) return port;
  }
  throw new Error(`no free port on loopback from ${first} to ${last} in ${TRIES_PER_PORT} tries`);
}

/** What to choose from. @param ephemeral what the system gives to whoever asks for any; nothing where it does not say */
export function rangeOutside(ephemeral: PortRange | undefined): PortRange {
  if (ephemeral === undefined) return USUAL;
  const { first, last } = USUAL;
  if (ephemeral.first >= first + ENOUGH) return { first, last: Math.min(last, ephemeral.first - 1) };
  if (ephemeral.last <= LAST_OF_ALL - ENOUGH) return { first: ephemeral.last + 1, last: LAST_OF_ALL };
  return USUAL;
}

/** Only Linux says. */
function ephemeralRange(): PortRange | undefined {
  try {
    const text = readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8");
    const [first, last] = text.trim().split(/\s+/).map(Number);
    return first === undefined || last === undefined ? undefined : { first, last };
  } catch {
    return undefined;
  }
}

async function canBind(port: number): Promise<boolean> {
  const holder = createServer();
  try {
    await listenOnLoopback(holder, port);
  } catch {
    return false;
  }
  await new Promise((resolve) => holder.close(resolve));
  return true;
}
