// The line protocol of a contender's server: `push I` changes every weight of assignment I, `quit` ends it. Answers carry
// stamps of the machine's monotonic clock, which the swarm stamps with too.
import { writeSync } from "node:fs";
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

/**
 * Serves commands until `quit` or the end of the input. `push` returns when the event loop is free again. One command is
 * under way at a time, so bytes are read and written without the machinery of lines and of the console, which would cost
 * more than a push to a few streams does.
 */
export function obey(port: number, push: (index: number) => Promise<void>): void {
  writeSync(STDOUT, `${JSON.stringify({ port })}\n`);
  process.stdin.on("data", (bytes: Buffer) => {
    const [command, index] = bytes.toString("latin1").trim().split(" ");
    if (command !== "push") process.exit(0);
    const fromNs = process.hrtime.bigint();
    void report(push(Number(index)), fromNs);
  });
  process.stdin.on("end", () => process.exit(0));
}

async function report(pushed: Promise<void>, fromNs: bigint): Promise<void> {
  await pushed;
  writeSync(STDOUT, `{"fromNs":${fromNs},"toNs":${process.hrtime.bigint()}}\n`);
}

const STDOUT = 1;
