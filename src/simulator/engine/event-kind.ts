// What can happen next. Only what happens per request has a kind of its own; everything rarer (faults, reports, pushes,
// timers of the control loop) is a timer of the virtual clock.
export const EventKind = {
  /** Payload: slot of a timer. */
  timer: 0,
  /** The next request arrives. Payload: generation of the arrival process. */
  arrival: 1,
  /** A request reaches its backend after a network delay. Payload: request. */
  deliver: 2,
  /** A backend has finished with a request. Payload: request. */
  served: 3,
  /** An answer reaches the proxy after a network delay, or a failure shows. Payload: request. */
  answer: 4,
  /** The oldest request may have run into its timeout. No payload. */
  deadline: 5,
} as const;
