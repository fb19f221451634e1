// Imports: the membership of a service that is known elsewhere, taken over as a whole. Invariants: all of it or nothing; what
// an import brought, only an import, an operator or a registration of that id takes away; instances that registered
// themselves are left alone; and no import empties a service unless it is told to (law 1).
import { SteelyardError } from "../model/errors.js";
import type { InstanceId, ServiceName } from "../model/ids.js";
import type { Clock } from "../runtime/clock.js";
import type { Catalogue } from "./catalogue.js";
import type { CatalogueWriter } from "./catalogue-writer.js";
import type { ImportedEndpoint } from "./cluster-load-assignment.js";
import { KeyedLock } from "./keyed-lock.js";
import { type Decision, decisionOf, instanceFromSpec } from "./registration-rules.js";

export interface ImportOptions {
  /** Whether the service may be without instances afterwards. */
  readonly allowEmpty?: boolean | undefined;
}

/** How many instances. */
export interface Imported {
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly removed: number;
}

export interface InstanceImporterOptions {
  readonly catalogue: Catalogue;
  readonly writer: CatalogueWriter;
  readonly clock: Clock;
}

export class InstanceImporter {
  readonly #options: InstanceImporterOptions;
  /** Imports of a service run one after the other. */
  readonly #lock = new KeyedLock();

  constructor(options: InstanceImporterOptions) {
    this.#options = options;
  }

  /** @throws SteelyardError ERR_WOULD_EMPTY_SERVICE, ERR_ADDRESS_CONFLICT, ERR_QUOTA_EXCEEDED, of the store */
  async import(
    service: ServiceName,
    endpoints: readonly ImportedEndpoint[],
    options: ImportOptions = {},
  ): Promise<Imported> {
    return this.#lock.run(service, async () => {
      const ids = new Set([...endpoints.map(({ id }) => id), ...this.#importedOf(service)]);
      const outcomes = await this.#options.writer.writeAll(service, [...ids], () =>
        this.#decide(service, endpoints, options),
      );
      const counts = { created: 0, changed: 0, unchanged: 0, removed: 0 };
      for (const outcome of outcomes.values()) counts[outcome] += 1;
      return counts;
    });
  }

  #decide(
    service: ServiceName,
    endpoints: readonly ImportedEndpoint[],
    { allowEmpty = false }: ImportOptions,
  ): ReadonlyMap<InstanceId, Decision> {
    const { catalogue, clock } = this.#options;
    const decisions = new Map<InstanceId, Decision>(this.#importedOf(service).map((id) => [id, { type: "remove" }]));
    for (const { id, spec } of endpoints) {
      const known = catalogue.find(service, id)?.registration;
      if (known && known.instance.imported !== true) {
        throw new SteelyardError("ERR_ADDRESS_CONFLICT", `instance ${id} of ${service} has registered itself`);
      }
      const instance = instanceFromSpec(service, id, spec, known?.instance, clock.wallMs());
      decisions.set(id, decisionOf(known, { ...instance, imported: true }));
    }
    const leaving = [...decisions.values()].filter(({ type }) => type === "remove").length;
    const size = catalogue.book(service)?.size ?? 0;
    if (!allowEmpty && endpoints.length === 0 && leaving > 0 && leaving === size) {
      throw new SteelyardError(
        "ERR_WOULD_EMPTY_SERVICE",
        `the import has no endpoints, and would remove all ${leaving} instances of ${service}`,
      );
    }
    return decisions;
  }

  #importedOf(service: ServiceName): readonly InstanceId[] {
    return this.#options.catalogue.book(service)?.importedIds() ?? [];
  }
}
