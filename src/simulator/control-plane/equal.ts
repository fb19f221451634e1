// No control at all: every ready host with the same weight, and the proxies left to themselves. The bar to beat.
import type { Assignment } from "../envoy/proxies.js";
import type { HostState } from "../plant/host-state.js";
import type { ControlPlane, Push } from "./control-plane.js";

export class EqualControlPlane implements ControlPlane {
  readonly #state: HostState;
  readonly #enforcement: Assignment["enforcement"];
  readonly #push: Push;
  #members = "";

  constructor(state: HostState, enforcement: Assignment["enforcement"], push: Push) {
    this.#state = state;
    this.#enforcement = enforcement;
    this.#push = push;
    this.worldChanged();
  }

  worldChanged(): void {
    const members = this.#state.membership.join();
    if (members === this.#members) return;
    this.#members = members;
    const healthy = readyHosts(this.#state);
    const shares = this.#state.membership.map((membership) => (membership === "ready" ? 1 / healthy.length : 0));
    const weights = new Float64Array(this.#state.count).fill(1);
    this.#push({ weights, healthy: Int32Array.from(healthy), enforcement: this.#enforcement }, shares);
  }

  record(): void {}

  stop(): void {}

  restart(): void {}
}

export function readyHosts(state: HostState): number[] {
  return Array.from({ length: state.count }, (_, host) => host).filter((host) => state.membership[host] === "ready");
}
