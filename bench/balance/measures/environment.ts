// What the numbers were measured on.
import { availableParallelism, cpus, release, totalmem } from "node:os";

export interface Environment {
  readonly envoy: string;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cpus: number;
  readonly memoryGiB: number;
  /** What was asked about and is not in this Envoy, with its own words. */
  readonly missing: readonly string[];
}

export function environmentOf(envoyVersion: string, missing: readonly string[]): Environment {
  return {
    envoy: envoyVersion,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}, ${release()}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cpus: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    missing,
  };
}
