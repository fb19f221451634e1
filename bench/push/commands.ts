// The line protocol of a contender's server: `push I` changes every weight of assignment I, `quit` ends it. Answers carry
// stamps of the machine's monotonic clock, which the swarm stamps with too.
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

export interface ServerOptions {
  readonly mode: string;
  readonly clusters: number;
  readonly endpoints: number;
  /** PEM; `undefined`: plaintext. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
}

export function serverOptions(): ServerOptions {
  const text = (fallback: string) => ({ type: "string" as const, default: fallback });
  const { values } = parseArgs({
    options: { mode: text("steelyard"), clusters: text("1"), endpoints: text("1000"), cert: text(""), key: text("") },
  });
  const { mode, clusters, endpoints, cert, key } = values;
  return {
    mode,
    clusters: Number(clusters),
    endpoints: Number(endpoints),
    tls: cert === "" ? undefined : { cert, key },
  };
}

/** Serves commands until `quit` or the end of the input. `push` returns when the event loop is free again. */
export async function obey(port: number, push: (index: number) => Promise<void>): Promise<void> {
  console.log(JSON.stringify({ port }));
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, index] = line.split(" ");
    if (command !== "push") break;
    const fromNs = process.hrtime.bigint();
    await push(Number(index));
    console.log(`{"fromNs":${fromNs},"toNs":${process.hrtime.bigint()}}`);
  }
  process.exit(0);
}
