// What the director and the process of all backends say to each other over Node's IPC.
import type { BackendFault } from "./lean-backend.js";

export interface FleetSpec {
  /** One fleet each, all alike. */
  readonly contenders: readonly { readonly name: string; readonly orca: boolean }[];
  /** Slots of each host. */
  readonly slots: readonly number[];
  readonly serviceMeanMs: number;
  readonly seed: number;
  /** Step of the arrival counts, milliseconds. */
  readonly arrivalStepMs: number;
}

/** Each is done to this host of every contender, and then acknowledged. */
export type FleetCommand =
  | { readonly kind: "begin"; readonly startMs: number }
  | { readonly kind: "inject"; readonly host: number; readonly fault: Partial<BackendFault> }
  | { readonly kind: "heal"; readonly host: number }
  | { readonly kind: "open"; readonly host: number }
  | { readonly kind: "close"; readonly host: number }
  | { readonly kind: "report" };

export interface FleetRequest {
  readonly id: number;
  readonly command: FleetCommand;
}

export type FleetMessage =
  /** Port of each host of each contender; all are open. */
  | { readonly kind: "ready"; readonly ports: readonly (readonly number[])[] }
  /** `arrivals` answers "report": counts per step, by contender and host. */
  | { readonly kind: "done"; readonly id: number; readonly arrivals?: readonly (readonly (readonly number[])[])[] }
  | { readonly kind: "failed"; readonly id: number; readonly reason: string };
