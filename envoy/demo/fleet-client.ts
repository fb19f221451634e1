// The demo's hold on the process of all backends.
import { fileURLToPath } from "node:url";
import { Child } from "../lab/child.js";
import type { Member } from "./cast.js";
import type { MemberState, PairedFleetOptions } from "./paired-fleet.js";

/** Sent once by the process, when all its backends are registered. */
export interface FleetReady {
  readonly controlUrl: string;
  readonly members: readonly MemberState[];
}

export class FleetClient {
  readonly child: Child;
  readonly controlUrl: string;
  readonly #ports: Map<string, number>;
  #draining = new Set<string>();

  private constructor(child: Child, ready: FleetReady) {
    this.child = child;
    this.controlUrl = ready.controlUrl;
    this.#ports = new Map(ready.members.map((member) => [member.name, member.twinPort]));
  }

  static async start(options: PairedFleetOptions, logFile: string): Promise<FleetClient> {
    let announce: (ready: FleetReady) => void = () => undefined;
    const ready = new Promise<FleetReady>((resolve) => {
      announce = resolve;
    });
    const child = new Child({
      name: "the backends",
      command: process.execPath,
      args: [fileURLToPath(new URL("backend-fleet.js", import.meta.url)), JSON.stringify(options)],
      logFile,
      onMessage: (message) => announce(message as FleetReady),
    });
    return new FleetClient(child, await Promise.race([ready, child.failOnEnd()]));
  }

  /** The baseline's side of the membership, which the static cluster must follow by hand. */
  twins(): readonly { readonly port: number; readonly draining: boolean }[] {
    return [...this.#ports].map(([name, port]) => ({ port, draining: this.#draining.has(name) }));
  }

  /** All backends as they are now, whoever touched them. */
  async states(): Promise<readonly MemberState[]> {
    const response = await fetch(`${this.controlUrl}/backends`, { signal: AbortSignal.timeout(2_000) });
    return (await response.json()) as readonly MemberState[];
  }

  async slow(name: string, factor: number): Promise<void> {
    await this.#post(`${name}/slow?factor=${factor}`);
  }

  /** From now on it answers 503 at once. */
  async fail(name: string): Promise<void> {
    await this.#post(`${name}/fail?fraction=1`);
  }

  async heal(name: string): Promise<void> {
    await this.#post(`${name}/heal`);
  }

  async join(member: Member): Promise<void> {
    const state = (await this.#post(`${member.name}/join?slots=${member.slots}`)) as MemberState;
    this.#ports.set(member.name, state.twinPort);
  }

  async drain(name: string): Promise<void> {
    await this.#post(`${name}/drain`);
    this.#draining.add(name);
  }

  /** To be called after `twins()` without it has reached the baseline. */
  async leave(name: string): Promise<void> {
    await this.#post(`${name}/leave`);
  }

  /** Takes it out of `twins()`. */
  forget(name: string): void {
    this.#ports.delete(name);
    this.#draining.delete(name);
  }

  async #post(path: string): Promise<unknown> {
    const response = await fetch(`${this.controlUrl}/backends/${path}`, {
      method: "POST",
      signal: AbortSignal.timeout(5_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`backends: ${path}: ${text.trim()}`);
    return JSON.parse(text);
  }
}
