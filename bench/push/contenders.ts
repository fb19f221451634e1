// Who competes, and how each is started. The Go peers are optional: without a Go tool chain they are left out with a word.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "./line-process.js";

export interface Contender {
  readonly name: string;
  readonly what: string;
  readonly server: Command;
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** The Go sources; this file runs from `dist/bench/push`. */
const PEERS = here("../../../bench/peers/go-control-plane");

const node = (file: string, ...args: readonly string[]): Command => ({
  file: process.execPath,
  args: [here(file), ...args],
});

/** The Go programs, compiled into `folder`; a text says why there are none. */
export function buildGo(folder: string): { readonly peer: string; readonly swarm: string } | string {
  const version = spawnSync("go", ["version"], { encoding: "utf8" });
  if (version.status !== 0) return "there is no Go tool chain (https://go.dev/dl), which the swarm of clients needs";
  mkdirSync(folder, { recursive: true });
  const built = spawnSync("go", ["build", "-trimpath", "-o", `${folder}/`, "./peer", "./swarm"], {
    cwd: PEERS,
    encoding: "utf8",
  });
  if (built.status !== 0) return `the Go programs were not built: ${built.stderr.trim().slice(-1_000)}`;
  return { peer: join(folder, "peer"), swarm: join(folder, "swarm") };
}

export function contenders(peer: string): readonly Contender[] {
  const go = (mode: string): Command => ({ file: peer, args: ["--mode", mode] });
  return [
    { name: "steelyard", what: "this server's push path, metrics on", server: node("steelyard-server.js") },
    { name: "gcp-linear", what: "go-control-plane, LinearCache as shipped", server: go("linear") },
    {
      name: "gcp-best",
      what: "LinearCache with tuned grpc-go, ordered ADS, GOGC=400 and a codec that shares bytes",
      server: go("best"),
    },
    { name: "gcp-snapshot", what: "go-control-plane, SnapshotCache as shipped", server: go("snapshot") },
    { name: "grpc-go-raw", what: "bare grpc-go, one shared encoding, no control plane", server: go("raw") },
    {
      name: "steelyard-grpc-js",
      what: "this server on the public interface of grpc-js",
      server: node("steelyard-server.js", "--mode", "grpc-js"),
    },
    { name: "plain", what: "grpc-js and generated code, encoded per stream", server: node("plain-server.js") },
  ];
}
