// The demo's hold on the load generator: a log of requests that fills by itself.
import { fileURLToPath } from "node:url";
import { Child } from "../lab/child.js";
import type { LoadTarget } from "../lab/open-loop-load.js";
import { RequestLog, type RequestRecord } from "../lab/request-log.js";

export interface GeneratorSpec {
  readonly targets: readonly LoadTarget[];
  readonly rateRps: number;
  readonly seed: number;
  /** Milliseconds to wait at the end for what is in flight; the rest counts as unfinished. */
  readonly drainMs: number;
}

export type GeneratorMessage =
  | { readonly kind: "records"; readonly records: readonly RequestRecord[] }
  | { readonly kind: "done" };

export class GeneratorClient {
  readonly child: Child;
  readonly log = new RequestLog();
  readonly #done: Promise<void>;

  constructor(spec: GeneratorSpec, logFile: string) {
    let finish: () => void = () => undefined;
    this.#done = new Promise((resolve) => {
      finish = resolve;
    });
    this.child = new Child({
      name: "the load generator",
      command: process.execPath,
      args: [fileURLToPath(new URL("load-generator.js", import.meta.url)), JSON.stringify(spec)],
      logFile,
      onMessage: (received) => {
        const message = received as GeneratorMessage;
        if (message.kind === "records") this.log.add(message.records);
        else finish();
      },
    });
  }

  /** No new requests; resolves when the last record is in the log. */
  async finish(): Promise<void> {
    this.child.send("finish");
    await Promise.race([this.#done, this.child.failOnEnd()]);
    await this.child.stop();
  }
}
