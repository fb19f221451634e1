// Whom a probe asks, and how he is spoken to.
import type { Tls } from "../model/policy/tls.js";
import type { ServicePolicy } from "../model/service.js";
import type { ProbeOutcome } from "./outcome.js";

export interface ProbeTarget {
  /** Canonical IP literal, as registered. */
  readonly address: string;
  readonly port: number;
  /** For HTTP's Host and gRPC's authority. */
  readonly service: string;
  readonly protocol: ServicePolicy["protocol"];
  /** undefined = plaintext. */
  readonly tls: Tls | undefined;
}

/** Asks once. Never rejects; ends soon after `signal` is aborted, whatever it then says is not read. */
export type Probe = (target: ProbeTarget, signal: AbortSignal) => Promise<ProbeOutcome>;
