// Services and routes that the configuration file declares. The latest word counts: a declaration takes effect at the first
// start that finds it new or changed, and what the API says after that outlives restarts until the file is changed again.
// So a restart alone changes nothing.
import { ERRORS, SteelyardError } from "../model/errors.js";
import type { Manifest } from "../model/manifest.js";
import type { ManifestWriter } from "../registry/manifest-writer.js";
import type { Component } from "../runtime/component.js";
import type { Logger } from "../runtime/logger.js";
import type { Op, StateStore } from "../store/state-store.js";

const PREFIX = "declared/";
const KINDS = ["services", "routes"] as const;
type Kind = (typeof KINDS)[number];

export interface DeclaredManifestOptions {
  readonly manifest: Manifest;
  readonly writer: Pick<ManifestWriter, "apply">;
  readonly store: StateStore;
  readonly logger: Logger;
}

export class DeclaredManifest implements Component {
  readonly name = "declared";
  readonly #options: DeclaredManifestOptions;

  constructor(options: DeclaredManifestOptions) {
    this.#options = options;
  }

  /** After registry and routes, before proxies. @throws SteelyardError ERR_CONFIG_INVALID, ERR_STORE_UNAVAILABLE */
  async start(): Promise<void> {
    const { manifest, writer, store, logger } = this.#options;
    const { entries } = await store.snapshot(PREFIX);
    const known = new Map(entries.map(({ key, value }) => [key, new TextDecoder().decode(value)]));
    const declared = new Map(
      KINDS.flatMap((kind) =>
        Object.entries(manifest[kind]).map(([name, value]) => [keyOf(kind, name), JSON.stringify(value)]),
      ),
    );
    const isNew = (kind: Kind, name: string): boolean => {
      const key = keyOf(kind, name);
      return known.get(key) !== declared.get(key);
    };
    const changed: Manifest = {
      services: filterByName(manifest.services, (name) => isNew("services", name)),
      routes: filterByName(manifest.routes, (name) => isNew("routes", name)),
    };
    const changes = await applied(writer, changed);
    for (const { kind, name, outcome } of changes)
      logger.info({ kind, name, outcome }, "declared by the configuration");
    const ops: Op[] = [];
    for (const [key, text] of declared) {
      if (known.get(key) !== text) ops.push({ type: "put", key, value: new TextEncoder().encode(text) });
    }
    for (const key of known.keys()) if (!declared.has(key)) ops.push({ type: "delete", key });
    for (let from = 0; from < ops.length; from += store.caps.maxOps) {
      await store.commit(ops.slice(from, from + store.caps.maxOps));
    }
  }

  async stop(): Promise<void> {}
}

const keyOf = (kind: Kind, name: string): string => `${PREFIX}${kind}/${name}`;

function filterByName<T>(objects: Readonly<Record<string, T>>, keep: (name: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(objects).filter(([name]) => keep(name)));
}

async function applied(writer: Pick<ManifestWriter, "apply">, manifest: Manifest) {
  try {
    return await writer.apply(manifest, { dryRun: false });
  } catch (thrown) {
    const error = SteelyardError.from(thrown);
    if (ERRORS[error.code].httpStatus >= 500) throw thrown;
    throw new SteelyardError("ERR_CONFIG_INVALID", `the configuration file: ${error.message} (${error.code})`, {
      errors: error.errors,
      cause: thrown,
    });
  }
}
