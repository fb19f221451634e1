// Revisions of the plans of the control server's services at chosen times: the difference of two is the number of pushes in
// between.
import type { ControlApi } from "../../envoy/lab/control-api.js";

export class Revisions {
  readonly #api: ControlApi;
  readonly #services: readonly string[];
  readonly #seen = new Map<string, number>();

  constructor(api: ControlApi, services: readonly string[]) {
    this.#api = api;
    this.#services = services;
  }

  /** Asks now; `atS` is the name of this look. */
  async look(atS: number): Promise<void> {
    const looks = this.#services.map(async (service) => {
      const { revision } = await this.#api.weights(service);
      this.#seen.set(`${service} ${atS}`, revision);
    });
    await Promise.all(looks);
  }

  /** undefined for what is no service, or was not looked at then. */
  at(service: string, atS: number): number | undefined {
    return this.#seen.get(`${service} ${atS}`);
  }
}
