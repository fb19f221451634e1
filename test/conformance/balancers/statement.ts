// One thing that a per-request balancer owes its caller, and how it is checked.
import type { MakeBalancer } from "./rig.js";

export interface Statement {
  readonly title: string;
  readonly check: (make: MakeBalancer, name: string) => void;
}
