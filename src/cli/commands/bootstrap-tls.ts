// The TLS flags of `steelyard bootstrap`: where the files of the proxy's host are, and who the server must be.
import { join, resolve } from "node:path";
import type { Command } from "commander";
import type { BootstrapTls } from "../../app/bootstrap.js";
import { SteelyardError } from "../../model/errors.js";

export interface TlsFlags {
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsServerName?: string;
  readonly tlsSdsDir: string;
}

/** Flags by the names of their values. */
export const TLS_FLAGS = {
  tlsCa: "--tls-ca",
  tlsCert: "--tls-cert",
  tlsKey: "--tls-key",
  tlsServerName: "--tls-server-name",
  tlsSdsDir: "--tls-sds-dir",
} as const;

export function withTls(command: Command): Command {
  return command
    .option("--tls-ca <file>", "TLS to the server: authorities that sign its certificate, PEM")
    .option("--tls-cert <file>", "certificate that the proxy shows, PEM")
    .option("--tls-key <file>", "its private key, PEM")
    .option(
      "--tls-server-name <name>",
      "name in the server's certificate: SPIFFE id, IP address or DNS name (default: the host of --xds-address)",
    )
    .option("--tls-sds-dir <folder>", "where identity.yaml and trust.yaml are written, which Envoy reads", ".");
}

/** undefined without `--tls-ca`. @throws SteelyardError ERR_CONFIG_INVALID for flags that are only of use together */
export function tlsOf(flags: TlsFlags, xdsAddress: string): BootstrapTls | undefined {
  const { tlsCa, tlsCert, tlsKey, tlsServerName, tlsSdsDir } = flags;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new SteelyardError("ERR_CONFIG_INVALID", "--tls-cert and --tls-key need each other");
  }
  if (tlsCa === undefined) {
    if (tlsCert === undefined && tlsServerName === undefined) return undefined;
    throw new SteelyardError("ERR_CONFIG_INVALID", "--tls-ca is needed: without it there is no TLS");
  }
  return {
    caFile: resolve(tlsCa),
    ...(tlsCert !== undefined &&
      tlsKey !== undefined && { own: { certFile: resolve(tlsCert), keyFile: resolve(tlsKey) } }),
    serverName: tlsServerName ?? xdsAddress.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1"),
    sdsDir: resolve(tlsSdsDir),
  };
}

export function sdsPath({ sdsDir }: BootstrapTls, name: string): string {
  return join(sdsDir, name);
}
