// The configuration from its four sources: flag over environment over file over default. An error names the key and the
// source that set it, because that is where the reader has to go.
import { readFileSync } from "node:fs";
import { z } from "zod";
import { SteelyardError } from "../model/errors.js";
import { fieldErrorsOf } from "../model/field-errors.js";
import { parseYaml, pathOfPointer, type YamlDocument } from "../model/yaml-source.js";
import { type Config, configSchema } from "./config-schema.js";

type Tree = { readonly [key: string]: unknown };

export interface ConfigSources {
  readonly configFile?: string;
  /** Values by dotted key, e.g. `xds.address`. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** `xds.address` is set by STEELYARD_XDS_ADDRESS, `dataDir` by STEELYARD_DATA_DIR. */
export function envNameOf(key: string): string {
  return `STEELYARD_${key
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .replaceAll(".", "_")
    .toUpperCase()}`;
}

/** Variables with our prefix that are not configuration. */
const OTHER_VARIABLES = new Set(["STEELYARD_SERVER"]);

/** @throws SteelyardError ERR_CONFIG_INVALID with a line per fault: the key, what is wrong, and who set it */
export function loadConfig({ configFile, flags, env }: ConfigSources): Config {
  const sources = new Map<string, string>();
  const tree: Record<string, unknown> = {};
  const file = configFile === undefined ? undefined : readFile(configFile);
  if (configFile !== undefined && file) merge(tree, file.tree, configFile, sources);
  const settings = new Map(leafSettings(configSchema).map((setting) => [envNameOf(setting.key), setting]));
  const unknown = Object.keys(env).filter(
    (name) => name.startsWith("STEELYARD_") && !settings.has(name) && !OTHER_VARIABLES.has(name),
  );
  if (unknown.length > 0)
    throw new SteelyardError("ERR_CONFIG_INVALID", `unknown environment variable ${unknown.join(", ")}`);
  for (const [name, { key, schema }] of settings) {
    const text = env[name];
    if (text !== undefined) set(tree, key, valueOf(text, schema), `environment variable ${name}`, sources);
  }
  for (const [key, value] of Object.entries(flags)) {
    if (value !== undefined) set(tree, key, value, `flag --${flagOf(key)}`, sources);
  }
  const parsed = configSchema.safeParse(tree);
  if (parsed.success) return parsed.data;
  const lines = fieldErrorsOf(parsed.error).map(({ pointer, detail }) => {
    const path = pathOfPointer(pointer);
    const source = sourceOf(path, sources);
    const line = source === configFile ? `:${file?.document?.lineOf(path) ?? 1}` : "";
    const fault = detail === "unknown field" ? "there is no such setting" : detail;
    return `${path.join(".")}: ${fault} (${source === undefined ? "not set" : `from ${source}${line}`})`;
  });
  throw new SteelyardError("ERR_CONFIG_INVALID", ["the configuration is not valid", ...lines].join("\n  "));
}

/** A setting that holds one value. */
interface LeafSetting {
  /** Dotted, e.g. `xds.address`. */
  readonly key: string;
  /** Without defaults and transformations. */
  readonly schema: z.ZodType;
}

/** In the order of the schema. Mappings of names are no settings: a file alone can hold them. */
export function leafSettings(schema: z.ZodType, prefix = ""): readonly LeafSetting[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodRecord) return [];
  if (!(inner instanceof z.ZodObject)) return [{ key: prefix, schema: inner }];
  return Object.entries(inner.shape).flatMap(([key, child]) =>
    child instanceof z.ZodType ? leafSettings(child, prefix === "" ? key : `${prefix}.${key}`) : [],
  );
}

function unwrap(schema: z.ZodType): z.ZodType {
  let inner: unknown;
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    inner = schema.unwrap();
  } else if (schema instanceof z.ZodPipe) inner = schema.in;
  return inner instanceof z.ZodType ? unwrap(inner) : schema;
}

function readFile(path: string): { readonly tree: Tree; readonly document: YamlDocument | undefined } {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new SteelyardError("ERR_CONFIG_INVALID", `cannot read the configuration file ${path}`, { cause });
  }
  const [document, another] = parseYaml(text, path);
  if (another) throw new SteelyardError("ERR_CONFIG_INVALID", `${path} must hold one YAML document`);
  const value = document?.value ?? {};
  if (!isTree(value)) throw new SteelyardError("ERR_CONFIG_INVALID", `${path} must hold a mapping of settings`);
  return { tree: value, document };
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function merge(
  target: Record<string, unknown>,
  tree: Tree,
  source: string,
  sources: Map<string, string>,
  prefix = "",
): void {
  for (const [name, value] of Object.entries(tree)) {
    const key = prefix === "" ? name : `${prefix}.${name}`;
    sources.set(key, source);
    if (isTree(value)) {
      const child: Record<string, unknown> = {};
      target[name] = child;
      merge(child, value, source, sources, key);
    } else target[name] = value ?? (prefix === "services" ? {} : value); // `shop:` with nothing after it
  }
}

function set(
  tree: Record<string, unknown>,
  key: string,
  value: unknown,
  source: string,
  sources: Map<string, string>,
): void {
  const path = key.split(".");
  const last = path.pop() ?? key;
  let node = tree;
  for (const name of path) {
    const next = node[name];
    const child: Record<string, unknown> = isTree(next) ? { ...next } : {};
    node[name] = child;
    node = child;
  }
  node[last] = value;
  sources.set(key, source);
}

/** Environment variables are text: what they say is read as the setting wants it, so that a folder may be named `1`. */
function valueOf(text: string, schema: z.ZodType): unknown {
  if (schema instanceof z.ZodBoolean && (text === "true" || text === "false")) return text === "true";
  if (schema instanceof z.ZodArray) return listOf(text);
  const number = text.trim() === "" ? Number.NaN : Number(text);
  return schema instanceof z.ZodNumber && Number.isFinite(number) ? number : text;
}

/** Lists are JSON; what is not stays a text, which the schema refuses. */
function listOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function flagOf(key: string): string {
  return key
    .replace(/([a-z])([A-Z])/g, "$1-$2")
    .replaceAll(".", "-")
    .toLowerCase();
}

function sourceOf(path: readonly string[], sources: ReadonlyMap<string, string>): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const source = sources.get(path.slice(0, length).join("."));
    if (source !== undefined) return source;
  }
  return undefined;
}
