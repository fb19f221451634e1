// The configuration from its four sources: flag over environment over file over default. An error names the key and the
// source that set it, because that is where the reader has to go.
import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { z } from "zod";
import { SteelyardError } from "../model/errors.js";
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

/** @throws SteelyardError ERR_CONFIG_INVALID with one entry per key, each naming its source */
export function loadConfig({ configFile, flags, env }: ConfigSources): Config {
  const sources = new Map<string, string>();
  const tree: Record<string, unknown> = {};
  if (configFile !== undefined) merge(tree, readFile(configFile), configFile, sources);
  const keys = new Map(leafKeys(configSchema).map((key) => [envNameOf(key), key]));
  const unknown = Object.keys(env).filter(
    (name) => name.startsWith("STEELYARD_") && !keys.has(name) && !OTHER_VARIABLES.has(name),
  );
  if (unknown.length > 0) {
    throw new SteelyardError("ERR_CONFIG_INVALID", `unknown environment variable ${unknown.join(", ")}`, {
      errors: unknown.map((name) => ({ pointer: "", detail: `${name}: no such setting` })),
    });
  }
  for (const [name, key] of keys) {
    const text = env[name];
    if (text !== undefined) set(tree, key, scalarOf(text), `environment variable ${name}`, sources);
  }
  for (const [key, value] of Object.entries(flags)) {
    if (value !== undefined) set(tree, key, value, `flag --${flagOf(key)}`, sources);
  }
  const parsed = configSchema.safeParse(tree);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => {
    const key = issue.path.join(".");
    return { pointer: `/${issue.path.join("/")}`, detail: `${issue.message} (${sourceOf(key, sources)})` };
  });
  const lines = errors.map(
    ({ pointer, detail }) => `  ${pointer.slice(1).replaceAll("/", ".") || "(top level)"}: ${detail}`,
  );
  throw new SteelyardError("ERR_CONFIG_INVALID", `the configuration is not valid\n${lines.join("\n")}`, { errors });
}

/** All settings that hold one value, as dotted keys, in the order of the schema. */
export function leafKeys(schema: z.ZodType, prefix = ""): string[] {
  const inner = unwrap(schema);
  if (!(inner instanceof z.ZodObject)) return [prefix];
  return Object.entries(inner.shape).flatMap(([key, child]) =>
    child instanceof z.ZodType ? leafKeys(child, prefix === "" ? key : `${prefix}.${key}`) : [],
  );
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    const inner: unknown = schema.unwrap();
    return inner instanceof z.ZodType ? unwrap(inner) : schema;
  }
  return schema;
}

function readFile(path: string): Tree {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new SteelyardError("ERR_CONFIG_INVALID", `cannot read the configuration file ${path}`, { cause });
  }
  const document = parseDocument(text);
  const [problem] = document.errors;
  if (problem !== undefined)
    throw new SteelyardError("ERR_CONFIG_INVALID", `${path} is not YAML: ${problem.message}`, { cause: problem });
  const value: unknown = document.toJS();
  if (value === null || value === undefined) return {};
  if (!isTree(value)) throw new SteelyardError("ERR_CONFIG_INVALID", `${path} must hold a mapping of settings`);
  return value;
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
    } else target[name] = value;
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

/** Environment variables are text; numbers and booleans are meant as such. */
function scalarOf(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

function flagOf(key: string): string {
  return key
    .replace(/([a-z])([A-Z])/g, "$1-$2")
    .replaceAll(".", "-")
    .toLowerCase();
}

function sourceOf(key: string, sources: ReadonlyMap<string, string>): string {
  for (let prefix = key; prefix !== ""; prefix = prefix.includes(".") ? prefix.slice(0, prefix.lastIndexOf(".")) : "") {
    const source = sources.get(prefix);
    if (source !== undefined) return `from ${source}`;
  }
  return "not set";
}
