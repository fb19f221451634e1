// A command line in-process: collected output, a clock that sleeps only as long as a test says, signals on demand.
import type { ChildProcess, CliContext, StopSignal } from "../../../src/cli/context.js";
import { runCli } from "../../../src/cli/program.js";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A program that ends when told. */
export class FakeChild implements ChildProcess {
  readonly signals: StopSignal[] = [];
  readonly exited: Promise<number>;
  #end: (code: number) => void = () => undefined;

  constructor() {
    this.exited = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  kill(signal: StopSignal): void {
    this.signals.push(signal);
    this.end(143);
  }

  end(code: number): void {
    this.#end(code);
  }
}

interface Sleep {
  readonly ms: number;
  readonly wake: () => void;
}

export class Terminal {
  out = "";
  err = "";
  /** What the commands wait for now. */
  readonly sleeping: Sleep[] = [];
  readonly slept: number[] = [];
  readonly children: FakeChild[] = [];
  portAccepts = true;
  /** By path, read or written; `-` is standard input. */
  readonly files = new Map<string, string>();
  readonly #stops = new Set<(signal: StopSignal) => void>();
  readonly context: CliContext;

  constructor(options: { readonly env?: NodeJS.ProcessEnv; readonly isTTY?: boolean } = {}) {
    this.context = {
      stdout: { write: (text: string) => void (this.out += text), ...(options.isTTY && { isTTY: true }) },
      stderr: { write: (text: string) => void (this.err += text) },
      env: options.env ?? {},
      version: "1.2.3",
      fetch,
      readFile: (path) => this.files.get(path) ?? "",
      wallMs: () => 11_000,
      sleep: (ms, stop) => this.#sleep(ms, stop),
      random: () => 1,
      newGeneration: () => "generation-1",
      writeFile: (path, text) => void this.files.set(path, text),
      accepts: () => Promise.resolve(this.portAccepts),
      onStop: (handler) => {
        this.#stops.add(handler);
        return () => this.#stops.delete(handler);
      },
      spawn: () => {
        const child = new FakeChild();
        this.children.push(child);
        return child;
      },
    };
  }

  async run(...args: readonly string[]): Promise<Ran> {
    const code = await runCli(args, this.context);
    return { code, out: this.out, err: this.err };
  }

  signal(signal: StopSignal): void {
    for (const handler of this.#stops) handler(signal);
  }

  /** Ends the sleep under way, once there is one. */
  async wake(): Promise<number> {
    await until(() => this.sleeping.length > 0);
    const [sleep] = this.sleeping;
    sleep?.wake();
    return sleep?.ms ?? 0;
  }

  #sleep(ms: number, stop?: AbortSignal): Promise<void> {
    this.slept.push(ms);
    return new Promise((resolve) => {
      const sleep: Sleep = {
        ms,
        wake: () => {
          this.sleeping.splice(this.sleeping.indexOf(sleep), 1);
          stop?.removeEventListener("abort", sleep.wake);
          resolve();
        },
      };
      this.sleeping.push(sleep);
      if (stop?.aborted) sleep.wake();
      else stop?.addEventListener("abort", sleep.wake);
    });
  }
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}
