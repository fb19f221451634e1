// A balancer of src/balancers in the place of Envoy's own.
import type { BackendSpec, BalanceRequest, LoadBalancer } from "../../balancers/load-balancer.js";
import { hostOf, instanceIdOf } from "../control-plane/catalogue.js";
import type { Picker } from "../envoy/picker.js";

const REQUEST: BalanceRequest = { id: "simulated" };

export class LibraryPicker implements Picker {
  readonly #balancer: LoadBalancer;

  constructor(balancer: LoadBalancer) {
    this.#balancer = balancer;
  }

  pick(): number {
    const chosen = this.#balancer.select(REQUEST);
    return chosen === undefined ? -1 : hostOf(chosen.id);
  }

  update(hosts: Int32Array): void {
    this.#balancer.updateBackends(
      Array.from(hosts, (host): BackendSpec => {
        const id = instanceIdOf(host);
        return { id, address: `${id}:80`, weight: 1, health: "healthy" };
      }),
    );
  }

  ended(host: number, success: boolean, latencyMs: number): void {
    this.#balancer.recordResult({ backendId: instanceIdOf(host), success, latencyMs });
  }
}
