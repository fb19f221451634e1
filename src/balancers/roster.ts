// The backends of one balancer, each with what the balancer has learned about it. Owns the invariant that an update of
// the list keeps the state of everybody who stays, whatever else changes (order, weight, health, address).
import { checkBackends } from "./backend-list.js";
import type { BackendSpec } from "./load-balancer.js";

export interface Member<State> {
  spec: BackendSpec;
  readonly state: State;
  /** Index in `usable`; -1 while unhealthy or after leaving. */
  slot: number;
}

export class Roster<State> {
  readonly #create: () => State;
  #members = new Map<string, Member<State>>();
  #usable: readonly Member<State>[] = [];

  /** @param create the state of a backend that nothing is known about yet */
  constructor(create: () => State) {
    this.#create = create;
  }

  /** Those that may take traffic, in the order of the list; `usable[i].slot === i`. */
  get usable(): readonly Member<State>[] {
    return this.#usable;
  }

  /** Members that left the list are unknown, unhealthy ones are not. */
  get(id: string): Member<State> | undefined {
    return this.#members.get(id);
  }

  /** @throws SteelyardError ERR_INVALID_BACKENDS; nothing has changed then */
  update(backends: readonly BackendSpec[]): void {
    checkBackends(backends);
    const previous = this.#members;
    for (const member of previous.values()) member.slot = -1;
    const usable: Member<State>[] = [];
    this.#members = new Map();
    for (const spec of backends) {
      const member = previous.get(spec.id) ?? { spec, state: this.#create(), slot: -1 };
      member.spec = spec;
      this.#members.set(spec.id, member);
      if (spec.health !== "unhealthy") member.slot = usable.push(member) - 1;
    }
    this.#usable = usable;
  }
}
