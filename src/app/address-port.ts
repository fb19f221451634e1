// `127.0.0.1:18000` and `[::1]:18000`, as the configuration and the flags write addresses to listen on.
import { isIP } from "node:net";
import { hostPort } from "../model/address.js";

export interface AddressPort {
  /** IP literal without brackets. */
  readonly host: string;
  /** 0..65535; 0 = any free port. */
  readonly port: number;
}

/** undefined when the text is not `ADDRESS:PORT` with an IP literal. */
export function parseAddressPort(text: string): AddressPort | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+|localhost)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const host = match[1] ?? (match[2] === "localhost" ? "127.0.0.1" : match[2]) ?? "";
  const port = Number(match[3]);
  return isIP(host) !== 0 && port <= 65_535 ? { host, port } : undefined;
}

export function formatAddressPort({ host, port }: AddressPort): string {
  return hostPort(host, port);
}
