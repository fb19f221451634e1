// What one probe has found.

export type ProbeOutcome =
  | { readonly healthy: true }
  | {
      readonly healthy: false;
      /** An answer came, and it says no; `false`: nobody answered. */
      readonly answered: boolean;
      /** At most 100 characters, for people. */
      readonly detail: string;
    };

export const HEALTHY: ProbeOutcome = { healthy: true };

export function refusal(detail: string): ProbeOutcome {
  return { healthy: false, answered: true, detail };
}

export function unanswered(detail: string): ProbeOutcome {
  return { healthy: false, answered: false, detail };
}

/** From what a socket threw: its code, for messages of foreign errors may carry anything. */
export function failedConnection(thrown: unknown): ProbeOutcome {
  const code = typeof thrown === "object" && thrown !== null ? Reflect.get(thrown, "code") : undefined;
  return unanswered(typeof code === "string" ? code.slice(0, 60) : "connection failed");
}
