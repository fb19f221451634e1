// Something with a lifetime. The composition root starts components in order and stops them in reverse.

export interface Component {
  readonly name: string;
  /** Resolves when the component serves. Rejects with a SteelyardError when it cannot. */
  start(): Promise<void>;
  /** Idempotent; resolves when everything the component opened is closed. */
  stop(): Promise<void>;
}
