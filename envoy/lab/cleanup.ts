// What was opened is closed in reverse order, all of it, even when one closing fails or the opening stopped half way.

export type Release = () => Promise<void> | void;

export class Cleanup {
  readonly #releases: { readonly name: string; readonly release: Release }[] = [];

  /** Registers `release`; `name` is what an error will call it. */
  add(name: string, release: Release): void {
    this.#releases.push({ name, release });
  }

  /** Registers the stop of `thing` and returns it: `const envoy = cleanup.own("envoy", await launch())`. */
  own<T extends { stop(): Promise<void> }>(name: string, thing: T): T {
    this.add(name, () => thing.stop());
    return thing;
  }

  /** Closes everything. @throws AggregateError of what failed, after all were tried */
  async run(): Promise<void> {
    const failures: Error[] = [];
    for (let entry = this.#releases.pop(); entry !== undefined; entry = this.#releases.pop()) {
      try {
        await entry.release();
      } catch (error) {
        failures.push(new Error(`closing ${entry.name} failed`, { cause: error }));
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, failures.map((failure) => failure.message).join("; "));
  }
}
