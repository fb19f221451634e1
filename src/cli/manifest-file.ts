// A manifest as a file holds it: one or several YAML documents, of which each object comes from one place. What the
// server says about a field is said with its line.
import { type FieldError, SteelyardError } from "../model/errors.js";
import { jsonPointer } from "../model/field-errors.js";
import { parseYaml, pathOfPointer, type YamlDocument } from "../model/yaml-source.js";

const KINDS = ["services", "routes"] as const;
type Objects = Readonly<Record<string, unknown>>;

export interface ManifestFile {
  /** For the server, which checks it. */
  readonly manifest: Readonly<Record<(typeof KINDS)[number], Objects>>;
  /** Of pointers into the manifest, to such with file and line. */
  readonly locate: (errors: readonly FieldError[]) => readonly FieldError[];
}

/** @throws SteelyardError ERR_CONFIG_INVALID with file, line and pointer */
export function readManifest(text: string, file: string): ManifestFile {
  const manifest = { services: {} as Record<string, unknown>, routes: {} as Record<string, unknown> };
  const origins = new Map<string, YamlDocument>();
  for (const document of parseYaml(text, file)) {
    if (document.value === null) continue;
    const fault = (path: readonly string[], detail: string): SteelyardError =>
      new SteelyardError("ERR_CONFIG_INVALID", `${file}:${document.lineOf(path)}: ${jsonPointer(path)} ${detail}`);
    for (const [kind, objects] of Object.entries(fieldsOf(document.value) ?? refuse(fault([], "must be a mapping")))) {
      if (kind !== "services" && kind !== "routes") throw fault([kind], "is unknown: services and routes are declared");
      for (const [name, value] of Object.entries(
        fieldsOf(objects ?? {}) ?? refuse(fault([kind], "must be a mapping")),
      )) {
        const pointer = jsonPointer([kind, name]);
        if (origins.has(pointer)) throw fault([kind, name], "is declared twice");
        origins.set(pointer, document);
        // `shop:` with nothing after it declares a service as it is by default.
        manifest[kind][name] = value ?? {};
      }
    }
  }
  return {
    manifest,
    locate: (errors) =>
      errors.map(({ pointer, detail }) => {
        const path = pathOfPointer(pointer);
        const line = origins.get(jsonPointer(path.slice(0, 2)))?.lineOf(path);
        return { pointer: line === undefined ? `${file} ${pointer}` : `${file}:${line} ${pointer}`, detail };
      }),
  };
}

function refuse(error: SteelyardError): never {
  throw error;
}

function fieldsOf(value: unknown): Objects | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Objects) : undefined;
}
