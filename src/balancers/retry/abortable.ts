// An abort signal of our own that also follows the caller's, and a promise to race against it. `release` must be called in
// the end: a signal that lives as long as the caller's process would otherwise collect a listener per attempt.

export interface Abortable {
  readonly signal: AbortSignal;
  readonly abort: (reason: unknown) => void;
  /** Rejects with the reason; never resolves. */
  readonly aborted: Promise<never>;
  /** Lets go of the outer signal. */
  readonly release: () => void;
}

export function abortable(outer: AbortSignal | undefined): Abortable {
  const controller = new AbortController();
  const follow = (): void => controller.abort(outer?.reason);
  if (outer?.aborted) follow();
  else outer?.addEventListener("abort", follow, { once: true });
  const aborted = new Promise<never>((_, reject) => {
    const end = (): void => reject(controller.signal.reason);
    if (controller.signal.aborted) end();
    else controller.signal.addEventListener("abort", end, { once: true });
  });
  // Nobody may be racing any more when it rejects.
  aborted.catch(() => undefined);
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    aborted,
    release: () => outer?.removeEventListener("abort", follow),
  };
}
