// Every bound of the registry, in one place.

export interface RegistryLimits {
  /** Default 5,000. */
  readonly maxServices: number;
  /** Per service, default 10,000. */
  readonly maxInstancesPerService: number;
  /** In all, default 100,000. */
  readonly maxInstances: number;
  /** Default 1,000. */
  readonly maxRoutes: number;
}

export const DEFAULT_REGISTRY_LIMITS: RegistryLimits = {
  maxServices: 5_000,
  maxInstancesPerService: 10_000,
  maxInstances: 100_000,
  maxRoutes: 1_000,
};
