// A child that is asked line by line and answers in JSON, pinned to one core where the machine has `taskset`. What it costs
// is read from the kernel, so that garbage collection, TCP and every thread are in it.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

export const canPin: boolean = spawnSync("taskset", ["-c", "0", "true"]).status === 0;

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

type Answer = Readonly<Record<string, unknown>>;

export class LineProcess {
  readonly #child: ChildProcess;
  readonly #answers: Answer[] = [];
  readonly #waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void }[] = [];
  readonly #name: string;
  #errors = "";
  #ended = false;

  constructor({ file, args }: Command, core: number) {
    this.#name = [file, ...args].join(" ");
    const [program, ...rest] = canPin ? ["taskset", "-c", String(core), file, ...args] : [file, ...args];
    this.#child = spawn(program ?? file, rest, { stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stderr?.on("data", (text: Buffer) => (this.#errors = (this.#errors + text.toString()).slice(-4_000)));
    createInterface({ input: this.#child.stdout ?? process.stdin }).on("line", (line) => this.#answered(line));
    this.#child.on("error", (error) => this.#fail(error));
    this.#child.on("exit", (code, signal) => this.#fail(new Error(`ended with ${code ?? signal}: ${this.#errors}`)));
    this.#child.stdin?.on("error", () => undefined);
  }

  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** The oldest answer that was not taken yet. */
  async next(timeoutMs = 60_000): Promise<Answer> {
    const ready = this.#answers.shift();
    if (ready) return ready;
    if (this.#ended) throw new Error(`${this.#name}: ended: ${this.#errors}`);
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Answer>((resolve, reject) => {
        const entry = { resolve, reject };
        this.#waiting.push(entry);
        timer = setTimeout(() => reject(new Error(`${this.#name}: no answer in ${timeoutMs} ms`)), timeoutMs);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** CPU time of all its threads, user and system, nanoseconds. */
  cpuNs(): number {
    const tasks = `/proc/${this.#child.pid}/task`;
    return readdirSync(tasks).reduce((sum, task) => {
      try {
        return sum + Number(readFileSync(`${tasks}/${task}/schedstat`, "utf8").split(" ")[0]);
      } catch {
        return sum; // a thread that ended between the two reads
      }
    }, 0);
  }

  /** Resident memory, bytes: `VmRSS` now, `VmHWM` its peak. */
  memoryBytes(line: "VmRSS" | "VmHWM"): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, "utf8");
    return Number(new RegExp(`^${line}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024;
  }

  /** Waits until it has done nothing for 100 ms, at most `timeoutMs`. */
  async quiet(timeoutMs = 20_000): Promise<void> {
    for (let waitedMs = 0, before = -1; waitedMs < timeoutMs; waitedMs += 100) {
      const now = this.cpuNs();
      if (now - before < 3e6) return;
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async stop(): Promise<void> {
    if (this.#ended) return;
    const gone = new Promise<void>((resolve) => this.#child.once("exit", () => resolve()));
    this.say("quit");
    const kill = setTimeout(() => this.#child.kill("SIGKILL"), 2_000);
    await gone;
    clearTimeout(kill);
  }

  #answered(line: string): void {
    const answer = JSON.parse(line) as Answer;
    const waiting = this.#waiting.shift();
    if (waiting) waiting.resolve(answer);
    else this.#answers.push(answer);
  }

  #fail(error: Error): void {
    this.#ended = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(`${this.#name}: ${error.message}`));
  }
}
