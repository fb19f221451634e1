// Who decides what is in force: the loop, or an operator in its place. A freeze holds what is there and wins over shadow,
// which puts the registered weights in force. When the loop takes over again (or another blend of it), what was in force
// stays until the next round of reports, because only then can the change be limited in speed (guards/slew.ts).
import type { EndpointPool } from "../balancers/endpoint-pool.js";
import type { EnvoyEnforcement } from "../model/enforcement.js";
import type { Freeze } from "../model/freeze.js";
import type { CatalogueInstance } from "../model/instance.js";
import type { ServicePolicy } from "../model/service.js";
import { type HeldShares, heldTarget, holdInForce } from "./held-shares.js";
import type { InForce } from "./in-force.js";
import { NOT_SENT, type PlanParts } from "./plan-entries.js";
import { loopTarget, registeredTarget, type Target, type Wanted } from "./target.js";

/** `registered`: the registered weights are in force. `held`: what was in force stays. */
export type Rule = "loop" | "registered" | "held";

export interface OperatorWord {
  readonly freeze: Freeze | undefined;
  readonly control: ServicePolicy["control"];
  /** Whether the policy has signals to wait for. */
  readonly dynamic: boolean;
}

export interface TargetInput {
  readonly wanted: Wanted;
  readonly instances: readonly CatalogueInstance[];
  readonly pool: EndpointPool;
  readonly inForce: InForce;
  readonly enforcement: EnvoyEnforcement;
  /** n of the share law as of now. */
  readonly inFlightPerWorker: number;
}

export class Authority {
  #word: OperatorWord;
  /** Set while the rule is `held`. */
  #held: HeldShares | undefined;
  /** The loop has taken over, and waits for a round. */
  #settling = false;

  /** @param held what a freeze held before a restart, also one that ended meanwhile; default: what is in force */
  constructor(word: OperatorWord, inForce: InForce, held?: HeldShares) {
    this.#word = word;
    this.#settling = word.freeze === undefined && held !== undefined && word.dynamic;
    if (word.freeze !== undefined || this.#settling) this.#held = held ?? holdInForce(inForce);
  }

  get rule(): Rule {
    if (this.#word.freeze !== undefined) return "held";
    if (this.#word.control.mode === "shadow") return "registered";
    return this.#settling ? "held" : "loop";
  }

  get freeze(): Freeze | undefined {
    return this.#word.freeze;
  }

  get blend(): number {
    return this.#word.control.blend;
  }

  get settling(): boolean {
    return this.#settling;
  }

  /** What survives a restart. */
  get held(): HeldShares | undefined {
    return this.freeze === undefined ? undefined : this.#held;
  }

  /** Whether shares are in force that the policy did not ask for, so that it must not take their effect for its own. */
  get keepsApart(): boolean {
    return this.rule !== "loop" || this.blend < 1;
  }

  /** Takes the operator's word as it is now. Returns whether it has to take effect at once. */
  hear(word: OperatorWord, inForce: InForce): boolean {
    const before = this.rule;
    const blendBefore = this.blend;
    this.#word = word;
    if (word.freeze !== undefined) {
      this.#settling = false;
      this.#held = before === "held" ? this.#held : holdInForce(inForce);
      return false;
    }
    if (word.control.mode === "shadow") {
      this.#settling = false;
      this.#held = undefined;
      return before !== "registered";
    }
    if (before === "loop" && blendBefore === word.control.blend) return false;
    this.#settling = word.dynamic;
    this.#held = word.dynamic ? (this.#held ?? holdInForce(inForce)) : undefined;
    return !word.dynamic;
  }

  /** A round of reports is in: the loop may act again. */
  settle(): void {
    this.#settling = false;
    if (this.freeze === undefined) this.#held = undefined;
  }

  targetOf({ wanted, instances, pool, inForce, enforcement, inFlightPerWorker }: TargetInput): Target {
    switch (this.rule) {
      case "loop":
        return loopTarget(wanted, enforcement, inFlightPerWorker);
      case "registered":
        return registeredTarget(wanted, enforcement, inFlightPerWorker);
      case "held":
        return heldTarget(instances, pool, this.#held ?? new Map(), inForce, enforcement);
    }
  }

  /** The target is in force now. */
  adopt({ held }: Target): void {
    if (this.#held !== undefined && held !== undefined) this.#held = held;
  }

  /** The factor between what the loop wants and what is in force. */
  get apart(): PlanParts["apart"] {
    if (this.freeze !== undefined) {
      const { reason } = this.freeze;
      return { name: "frozen", note: reason === "" ? "held by an operator" : `held by an operator: ${reason}` };
    }
    if (this.rule === "registered")
      return { name: "shadow", note: "computed only, the registered weights are in force" };
    return NOT_SENT;
  }

  /** Whether plans show what the loop would send. */
  get shadows(): boolean {
    return this.freeze !== undefined || this.rule === "registered";
  }
}
