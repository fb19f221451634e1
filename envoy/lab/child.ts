// A child process of the lab: its output goes to a file, it ends by its own pid, and its failure shows its last lines.
import { type ChildProcess, type Serializable, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "./until.js";

export interface ChildSpec {
  /** Named in errors. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** stdout and stderr are appended here. */
  readonly logFile: string;
  /** Default: the parent's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Called for each message of a child that speaks Node's IPC; without it there is no channel. */
  readonly onMessage?: (message: unknown) => void;
  /** Milliseconds between SIGTERM and SIGKILL; default 3,000. */
  readonly graceMs?: number;
}

export class Child {
  readonly name: string;
  readonly logFile: string;
  /** Resolves when the process is gone, with words for how. */
  readonly exited: Promise<string>;
  readonly #process: ChildProcess;
  readonly #graceMs: number;
  #fate: string | undefined;
  #stopping = false;

  constructor(spec: ChildSpec) {
    this.name = spec.name;
    this.logFile = spec.logFile;
    this.#graceMs = spec.graceMs ?? 3_000;
    const log = openSync(spec.logFile, "a");
    this.#process = spawn(spec.command, spec.args, {
      env: { ...(spec.env ?? process.env) },
      stdio: spec.onMessage === undefined ? ["ignore", log, log] : ["ignore", log, log, "ipc"],
      detached: true, // a Ctrl-C reaches only us, and we stop the children in order
    });
    closeSync(log);
    if (spec.onMessage !== undefined) this.#process.on("message", spec.onMessage);
    this.exited = new Promise((resolve) => {
      const settle = (fate: string): void => {
        this.#fate ??= fate;
        resolve(this.#fate);
      };
      this.#process.once("error", (error) => settle(`could not be started: ${error.message}`));
      this.#process.once("exit", (code, signal) =>
        settle(signal === null ? `exited with ${code}` : `ended by ${signal}`),
      );
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** How it ended; undefined while it runs. */
  get fate(): string | undefined {
    return this.#fate;
  }

  /** Calls `report` when the process ends without having been asked to. */
  onUnexpectedEnd(report: (error: Error) => void): void {
    const watch = async (): Promise<void> => {
      const fate = await this.exited;
      if (!this.#stopping) report(new Error(this.describe(fate)));
    };
    void watch();
  }

  send(message: Serializable): void {
    if (this.#process.connected) this.#process.send(message);
  }

  /** Resolves when it is gone: SIGTERM, then SIGKILL. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#fate !== undefined) return;
    this.#process.kill("SIGTERM");
    const timer = new AbortController();
    const late = sleep(this.#graceMs, "late", { signal: timer.signal }).catch(() => "ended");
    if ((await Promise.race([this.exited, late])) === "late") this.#process.kill("SIGKILL");
    await this.exited;
    timer.abort();
  }

  /** kill -9, as a crash would. */
  async crash(): Promise<void> {
    this.#stopping = true;
    this.#process.kill("SIGKILL");
    await this.exited;
  }

  /** The end of the log, for people. */
  lastLines(count = 15): string {
    const lines = readFileSync(this.logFile, "utf8").trimEnd().split("\n").slice(-count);
    return lines.map((line) => `  | ${line.slice(0, 400)}`).join("\n");
  }

  /** `what` with the name, the last log lines, and where the rest is. */
  describe(what: string): string {
    return `${this.name} ${what}. Its last words:\n${this.lastLines()}\n  (log: ${this.logFile})`;
  }

  /**
   * Waits until `look` gives something, as `until` does; a child that ends or is late is stopped.
   * @throws Error with the child's last lines
   */
  async ready<T>(look: () => Promise<T | undefined>, options: { readonly deadlineMs: number }): Promise<T> {
    const { deadlineMs } = options;
    const enough = new AbortController();
    const looking = until(look, { what: `${this.name} is ready`, deadlineMs, everyMs: 25, signal: enough.signal });
    try {
      return await Promise.race([looking, this.failOnEnd()]);
    } catch (error) {
      enough.abort();
      await looking.catch(() => undefined);
      const ended = this.fate !== undefined;
      await this.stop();
      if (ended) throw error;
      throw new Error(this.describe(`was not ready within ${deadlineMs} ms`), { cause: error });
    }
  }

  /** Rejects as soon as the process ends: to race against a wait for its readiness. */
  async failOnEnd(): Promise<never> {
    throw new Error(this.describe(await this.exited));
  }
}
