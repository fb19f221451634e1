// Reference pages generated from the schemas and tables that the code itself uses. `npm run docs` writes them.
import { z } from "zod";
import { WEIGHT_POLICIES } from "../balancers/registry.js";
import { ERRORS } from "../model/errors.js";
import { configSchema } from "./config-schema.js";
import { envNameOf, leafKeys } from "./load-config.js";

interface Setting {
  readonly key: string;
  readonly type: string;
  readonly defaultText: string;
  readonly description: string;
}

/** All settings of a schema, in its order. */
function settingsOf(schema: z.ZodType): Setting[] {
  const json = jsonSchema.parse(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));
  return leafKeys(schema).map((key) => {
    const leaf = key.split(".").reduce<JsonSchema>((node, name) => node.properties?.[name] ?? {}, json);
    return {
      key,
      type: typeOf(leaf),
      defaultText: leaf.default === undefined ? "" : `\`${JSON.stringify(leaf.default)}\``,
      description: leaf.description ?? "",
    };
  });
}

interface JsonSchema {
  readonly type?: string | undefined;
  readonly description?: string | undefined;
  readonly default?: unknown;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined;
}

const jsonSchema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.object({
    type: z.string().optional(),
    description: z.string().optional(),
    default: z.unknown().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    enum: z.array(z.unknown()).optional(),
    properties: z.record(z.string(), jsonSchema).optional(),
  }),
);

function typeOf({ type, minimum, maximum, enum: values }: JsonSchema): string {
  if (values !== undefined) return values.map((value) => `\`${String(value)}\``).join(", ");
  if (minimum !== undefined && maximum !== undefined) return `${type ?? "number"} ${minimum}..${maximum}`;
  return type ?? "";
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows]
    .map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");

/** docs/config.md */
export function renderConfigReference(): string {
  const rows = settingsOf(configSchema).map(({ key, type, defaultText, description }) => [
    `\`${key}\``,
    `\`${envNameOf(key)}\``,
    type,
    defaultText,
    description,
  ]);
  return [
    "# Configuration of `steelyard serve`",
    "",
    "Generated from `src/app/config-schema.ts`. A flag wins over the environment, that over the file (`--config FILE`, YAML,",
    "nested by the dots of the key), that over the default. Unknown keys and variables are errors.",
    "",
    table(["Key", "Environment", "Type and range", "Default", "Meaning"], rows),
    "",
  ].join("\n");
}

/** docs/errors.md */
export function renderErrorReference(): string {
  const rows = Object.entries(ERRORS).map(([code, { slug, httpStatus, grpcStatus, title, remedy }]) => [
    `<a id="${slug}"></a>\`${code}\``,
    String(httpStatus),
    grpcStatus,
    title,
    remedy,
  ]);
  return [
    "# Errors",
    "",
    "Generated from `src/model/errors.ts`. Codes and slugs are stable. REST answers are RFC 9457 problem details whose `type` ends",
    "in the slug; the CLI prints `error: message (CODE)`.",
    "",
    table(["Code", "HTTP", "gRPC", "Meaning", "What to do"], rows),
    "",
  ].join("\n");
}

/** docs/algorithms.md */
export function renderAlgorithmReference(): string {
  const overview = WEIGHT_POLICIES.map(({ name, summary, configSchema, enforcementOf, dynamic }) => [
    `[\`${name}\`](#${name})`,
    summary,
    enforcementOf(configSchema.parse({})).policy.toUpperCase(),
    dynamic ? "yes" : "no",
  ]);
  const sections = WEIGHT_POLICIES.flatMap((policy) => {
    const settings = settingsOf(policy.configSchema).filter(({ key }) => key !== "");
    const rows = settings.map(({ key, type, defaultText, description }) => [
      `\`${key}\``,
      type,
      defaultText,
      description,
    ]);
    return [
      `## \`${policy.name}\``,
      "",
      `${policy.summary}. The idea, the formula and its limits are at the top of the files in \`src/balancers/${policy.name}/\`.`,
      "",
      rows.length > 0 ? table(["Setting", "Type and range", "Default", "Meaning"], rows) : "No settings.",
      "",
    ];
  });
  return [
    "# Algorithms",
    "",
    'Generated from `src/balancers`. Set per service with `PUT /v1/services/{service}` and `{"algorithm": NAME, "settings": {…}}`.',
    "*Dynamic* policies are subject to the modifiers (errors, latency brake, ramp) and guards whose constants are in",
    "[config.md](config.md) under `control.`; how they work together is told in [control-loop.md](control-loop.md).",
    "",
    table(["Name", "Weights", "Envoy enforces with", "Dynamic"], overview),
    "",
    ...sections,
  ].join("\n");
}
