// What active probes by the server say of an instance, as the catalogue shows it.

/** `untried`: not probed yet since it registered. */
export type ProbeVerdict = "untried" | "passing" | "failing";

export interface InstanceProbe {
  readonly verdict: ProbeVerdict;
  /** In words, for people: "3 failures in a row: HTTP 503". */
  readonly detail: string;
  /** Whether the instance gave any answer; `false` only while failing: it is shown as TIMEOUT instead of UNHEALTHY. */
  readonly answered: boolean;
  /** The verdict keeps no traffic away, because no instance of the service passes: the prober may be cut off itself. */
  readonly ignored: boolean;
}
