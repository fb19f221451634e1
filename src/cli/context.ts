// Everything a command may touch outside itself, so that tests run whole commands in-process.

/** A text stream; `process.stdout` satisfies it. */
interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export type StopSignal = "SIGINT" | "SIGTERM";

export interface ChildProcess {
  /** Exit code; 128 + number of the signal that ended it; 127 when it could not be started. */
  readonly exited: Promise<number>;
  kill(signal: StopSignal): void;
}

export interface CliContext {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  readonly fetch: typeof fetch;
  /** Whole text of a file in UTF-8; `-` is standard input. @throws SteelyardError ERR_CONFIG_INVALID */
  readonly readFile: (path: string) => string;
  /** Milliseconds since the epoch; for display. */
  readonly wallMs: () => number;
  /** Resolves after `ms`, or early once `stop` is aborted. Keeps the process alive. */
  readonly sleep: (ms: number, stop?: AbortSignal) => Promise<void>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Unique per process start. */
  readonly newGeneration: () => string;
  /** Replaces a file; its folder is made when there is none. */
  readonly writeFile: (path: string, text: string) => void;
  /** Whether something accepts TCP connections there. */
  readonly accepts: (address: string, port: number) => Promise<boolean>;
  /** Takes over SIGINT and SIGTERM until the returned function is called. */
  readonly onStop: (handler: (signal: StopSignal) => void) => () => void;
  readonly spawn: (command: string, args: readonly string[]) => ChildProcess;
}
