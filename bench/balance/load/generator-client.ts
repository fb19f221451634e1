// The director's hold on the load generator.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Child } from "../../../envoy/lab/child.js";
import type { GeneratorMessage, GeneratorSpec, GeneratorStart } from "./generator-messages.js";
import { RequestRecords } from "./request-records.js";

export interface LoadOutcome {
  readonly records: RequestRecords;
  /** How late the requests went out. */
  readonly lag: { readonly meanMs: number; readonly maxMs: number };
}

/** The generator did not get the CPU it needs: the run says nothing. */
export class GeneratorLate extends Error {}

export class GeneratorClient {
  readonly child: Child;
  readonly #spec: GeneratorSpec;
  #hear: (message: GeneratorMessage) => void = () => undefined;

  private constructor(spec: GeneratorSpec, logFile: string) {
    this.#spec = spec;
    this.child = new Child({
      name: "the load generator",
      command: process.execPath,
      args: [fileURLToPath(new URL("generator-process.js", import.meta.url)), JSON.stringify(spec)],
      logFile,
      onMessage: (message) => this.#hear(message as GeneratorMessage),
    });
  }

  static async start(spec: GeneratorSpec, logFile: string): Promise<GeneratorClient> {
    const client = new GeneratorClient(spec, logFile);
    await client.#next("ready");
    return client;
  }

  /** Resolves when the whole load has been sent, answered or given up. @throws GeneratorLate */
  async run(startMs: number): Promise<LoadOutcome> {
    const done = this.#next("done");
    this.child.send({ startMs } satisfies GeneratorStart);
    const { lag } = await done;
    return { records: RequestRecords.fromBytes(readFileSync(this.#spec.recordsFile)), lag };
  }

  #next<K extends GeneratorMessage["kind"]>(kind: K): Promise<GeneratorMessage & { readonly kind: K }> {
    const heard = new Promise<GeneratorMessage & { readonly kind: K }>((resolve, reject) => {
      this.#hear = (message) => {
        if (message.kind === kind) resolve(message as GeneratorMessage & { readonly kind: K });
        else if (message.kind === "late") {
          reject(new GeneratorLate(`requests went out ${message.lagMs.toFixed(0)} ms late: this machine is too busy`));
        }
      };
    });
    return Promise.race([heard, this.child.failOnEnd()]);
  }
}
