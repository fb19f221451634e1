// Takes a manifest as a whole: checks all of it against what will be there afterwards, then writes. What is wrong anywhere
// is found before anything is written; what it does not name stays as it is.
import { isDeepStrictEqual } from "node:util";
import { type FieldError, SteelyardError } from "../model/errors.js";
import { jsonPointer } from "../model/field-errors.js";
import type { RouteName, ServiceName } from "../model/ids.js";
import type { Manifest } from "../model/manifest.js";
import { withSecretsOf } from "../model/policy/secrets.js";
import type { NamedRoute, Route } from "../model/route/route.js";
import type { ServicePolicy, ServiceSnapshot } from "../model/service.js";
import { assertFailover, type PolicyOf } from "./failover-rules.js";
import { KeyedLock } from "./keyed-lock.js";
import { orderOfServices } from "./manifest-order.js";
import { assertPort } from "./port-rules.js";
import type { Registry } from "./registry.js";
import type { RouteBook } from "./route-book.js";
import { assertRoute } from "./route-rules.js";

export type ManifestChange = {
  readonly name: string;
  readonly outcome: "created" | "changed" | "unchanged";
} & (
  | { readonly kind: "service"; readonly before: ServicePolicy | undefined; readonly after: ServicePolicy }
  | { readonly kind: "route"; readonly before: Route | undefined; readonly after: Route }
);

export interface ManifestWriterOptions {
  readonly registry: Pick<Registry, "services" | "putService">;
  readonly routes: Pick<RouteBook, "routes" | "putAll">;
  /** Throws SteelyardError when a policy names what does not exist. */
  readonly policyCheck: (policy: ServicePolicy) => void;
  /** Whether the algorithm of a policy hashes a key of the request. */
  readonly hashes: (policy: ServicePolicy) => boolean;
  /** Of the HTTP listener on the proxies. */
  readonly gatewayPort?: number;
}

const MAX_ERRORS = 32;

export class ManifestWriter {
  readonly #options: ManifestWriterOptions;
  /** Two manifests at once could each be right, and not both. */
  readonly #lock = new KeyedLock();

  constructor(options: ManifestWriterOptions) {
    this.#options = options;
  }

  /**
   * Services first, then all routes in one step. When the store fails in between, those before are written: apply again.
   * @param dryRun checks and tells, and writes nothing
   * @returns what changes, services in the order in which they are written
   * @throws SteelyardError ERR_INVALID_REQUEST, ERR_UNKNOWN_POLICY, ERR_DOMAIN_CONFLICT with pointers into the manifest,
   *   ERR_QUOTA_EXCEEDED, of the store
   */
  async apply(given: Manifest, { dryRun }: { readonly dryRun: boolean }): Promise<readonly ManifestChange[]> {
    return this.#lock.run("manifest", async () => {
      const manifest = this.#withSecrets(given);
      const policyOf: PolicyOf = (service) =>
        Object.hasOwn(manifest.services, service)
          ? manifest.services[service]
          : this.#options.registry.services.get(service)?.policy;
      this.#check(manifest, policyOf);
      const order = orderOfServices(manifest.services, policyOf, this.#options.registry.services.entries());
      const changes = [
        ...order.map((service) => this.#serviceChange(service, manifest.services[service])),
        ...routesOf(manifest).map(([name, route]) => this.#routeChange(name, route)),
      ].flatMap((change) => change ?? []);
      if (dryRun) return changes;
      for (const service of order) {
        const policy = manifest.services[service];
        if (policy) await this.#options.registry.putService(service, policy);
      }
      if (Object.keys(manifest.routes).length > 0) await this.#options.routes.putAll(manifest.routes);
      return changes;
    });
  }

  #withSecrets(given: Manifest): Manifest {
    const { services } = this.#options.registry;
    const kept = Object.entries(given.services).map(([name, policy]) => [
      name,
      withSecretsOf(policy, services.get(name as ServiceName)?.policy),
    ]);
    return { ...given, services: Object.fromEntries(kept) };
  }

  #check(manifest: Manifest, policyOf: PolicyOf): void {
    const { hashes, gatewayPort } = this.#options;
    const services = servicesAfter(this.#options.registry.services.entries(), manifest);
    const refusals = new Refusals();
    for (const [name, policy] of Object.entries(manifest.services)) {
      const prefix = jsonPointer(["services", name]);
      refusals.collect(() => this.#options.policyCheck(policy), prefix);
      refusals.collect(() => assertFailover(name as ServiceName, policy, policyOf, prefix));
      refusals.collect(() => assertPort(name as ServiceName, policy, gatewayPort, services), prefix);
    }
    const routes = routesAfter(this.#options.routes.routes.entries(), manifest);
    for (const [name, route] of routesOf(manifest)) {
      refusals.collect(() => assertRoute(name, route, { policyOf, hashes, routes }, jsonPointer(["routes", name])));
    }
    refusals.throwAny();
  }

  #serviceChange(service: ServiceName, after: ServicePolicy | undefined): ManifestChange | undefined {
    if (!after) return undefined;
    const known: ServiceSnapshot | undefined = this.#options.registry.services.get(service);
    const before = known?.policy;
    const isSame = known?.declared === true && isDeepStrictEqual(before, after);
    const outcome = isSame ? "unchanged" : known ? "changed" : "created";
    return { kind: "service", name: service, outcome, before, after };
  }

  #routeChange(name: RouteName, after: Route): ManifestChange {
    const before = this.#options.routes.routes.get(name)?.route;
    const outcome = before === undefined ? "created" : isDeepStrictEqual(before, after) ? "unchanged" : "changed";
    return { kind: "route", name, outcome, before, after };
  }
}

/** Every service with its policy, as they will be. */
function servicesAfter(
  before: Iterable<readonly [ServiceName, { readonly policy: ServicePolicy }]>,
  { services }: Manifest,
): ReadonlyMap<ServiceName, { readonly policy: ServicePolicy }> {
  const after = new Map(before);
  for (const [name, policy] of Object.entries(services)) after.set(name as ServiceName, { policy });
  return after;
}

/** Refusals of several objects as one; the first tells the code. */
class Refusals {
  readonly #errors: FieldError[] = [];
  #first: SteelyardError | undefined;

  /** @param prefix of the pointers, where the check does not know it */
  collect(check: () => void, prefix = ""): void {
    try {
      check();
    } catch (thrown) {
      const error = SteelyardError.from(thrown);
      if (error.code === "ERR_INTERNAL") throw thrown;
      this.#first ??= error;
      const errors = error.errors.length > 0 ? error.errors : [{ pointer: "", detail: error.message }];
      for (const { pointer, detail } of errors) this.#errors.push({ pointer: prefix + pointer, detail });
    }
  }

  throwAny(): void {
    if (!this.#first) return;
    const errors = this.#errors.slice(0, MAX_ERRORS);
    throw new SteelyardError(this.#first.code, this.#first.message, { errors, cause: this.#first });
  }
}

function routesOf({ routes }: Manifest): readonly (readonly [RouteName, Route])[] {
  return Object.entries(routes)
    .map(([name, route]) => [name as RouteName, route] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function routesAfter(known: Iterable<[RouteName, NamedRoute]>, manifest: Manifest): readonly NamedRoute[] {
  const after = new Map(known);
  for (const [name, route] of routesOf(manifest)) after.set(name, { name, route, revision: 0 });
  return [...after.values()];
}
