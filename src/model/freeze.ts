// An operator's word that the weights of a service stay as they are.

export interface Freeze {
  /** For people; "" = not given. */
  readonly reason: string;
  /** Wall clock, milliseconds; for display. */
  readonly frozenAtMs: number;
  /** Wall clock, milliseconds, because it has to mean the same after a restart; undefined = until it is lifted. */
  readonly expiresAtMs: number | undefined;
}
