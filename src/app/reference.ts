// Reference pages generated from the schemas and tables that the code itself uses. `npm run docs` writes them.
import { z } from "zod";
import { EXAMPLE_ALGORITHMS } from "../balancers/example/algorithms.js";
import { measureTraits } from "../balancers/example/traits.js";
import { WEIGHT_POLICIES } from "../balancers/registry.js";
import { ERRORS } from "../model/errors.js";
import { configSchema } from "./config-schema.js";
import { envNameOf, leafSettings } from "./load-config.js";

interface Setting {
  readonly key: string;
  readonly type: string;
  readonly defaultText: string;
  readonly description: string;
}

/** All settings of a schema, in its order. */
function settingsOf(schema: z.ZodType): Setting[] {
  const json = jsonSchema.parse(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));
  return leafSettings(schema).map(({ key }) => {
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
    "The file may also declare `services:` and `routes:` by name, as [`steelyard apply`](routes.md#files) takes them. Of what it",
    "declares and what the API says, the later word counts: a declaration takes effect at the first start that finds it new or",
    "changed, and a restart alone takes back nothing. Taken out of the file, an object stays until it is deleted.",
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

/** docs/algorithms.md @param selectBench content of `bench/results/select.json`, when it was measured */
export function renderAlgorithmReference(selectBench?: unknown): string {
  const overview = WEIGHT_POLICIES.map((policy) => [
    `[\`${policy.name}\`](#${policy.name})`,
    policy.summary,
    policy.enforcementOf(policy.configSchema.parse({})).policy.toUpperCase(),
    policy.dynamic ? "yes" : "no",
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
      `${policy.summary}. The idea, the formula and its limits: [\`src/balancers/${policy.name}/\`](../src/balancers/${policy.name}/).`,
      "",
      rows.length > 0 ? table(["Setting", "Type and range", "Default", "Meaning"], rows) : "No settings.",
      "",
    ];
  });
  return [
    "# Algorithms",
    "",
    "Generated from `src/balancers`. Each algorithm answers twice: for a fleet, as the weights and the load-balancing policy that",
    "make stock Envoy act so; and per request, as a class of `steelyard/balancers`.",
    "",
    "## For a fleet",
    "",
    'Set per service with `PUT /v1/services/{service}` and `{"algorithm": NAME, "settings": {…}}`. Settings are below.',
    "*Dynamic* policies are subject to the modifiers (errors, latency brake, ramp) and guards whose constants are in",
    "[config.md](config.md) under `control.`; how they work together is told in [control-loop.md](control-loop.md).",
    "",
    table(["Name", "Weights", "Envoy enforces with", "Dynamic"], overview),
    "",
    ...perRequest(selectBench),
    ...sections,
  ].join("\n");
}

/** The seed document's table of algorithms, from measurements. */
function perRequest(selectBench: unknown): string[] {
  const rows = EXAMPLE_ALGORITHMS.map((algorithm) => {
    const traits = measureTraits(algorithm);
    const isSticky = traits.stickiness > 0.99;
    return [
      `[\`${algorithm.name}\`](../src/balancers/${algorithm.folder}/)`,
      `${algorithm.cost}${growthOf(selectBench, algorithm.name)}`,
      traits.evenness.toFixed(2),
      traits.weightFairness.toFixed(2),
      traits.stickiness.toFixed(2),
      traits.failingShare.toFixed(2),
      isSticky ? traits.movedKeys.toFixed(2) : "–",
    ];
  });
  return [
    "## Per request",
    "",
    "Three backends of registered weights 10, 20, 30 that are equally fast, 6,000 requests of 601 keys, six in flight: the engine of",
    "`steelyard algorithms` on virtual time. `npm run docs` measures anew.",
    "",
    table(["Name", "Cost per pick", "Even", "By weight", "Sticky", "Failing", "Moved"], rows),
    "",
    "- *Cost per pick* grows with the number of backends n; in brackets the exponent measured from n = 10 to 10,000",
    "  (`npm run bench:select`), where 0 is constant and 1 is linear.",
    "- *Even*, *By weight*: Jain's index of the shares, and of shares over registered weights; 1 = perfectly fair, 0.33 = one has all.",
    "- *Sticky*: part of the requests that go to the backend which most requests of their key go to.",
    "- *Failing*: what a backend gets that fails every request within 1 ms, over what it gets when well; 0 = avoided, 1 = not noticed,",
    "  above 1 = its fast failures attract traffic.",
    "- *Moved*: part of the keys with another backend after a fourth one has joined three of equal weight; 0.25 is the least possible.",
    "",
    "`priority`, `retry` and `failover` are composites, shown here over `peak-ewma`.",
    "",
  ];
}

const selectBenchSchema = z.object({
  balancers: z.array(z.object({ name: z.string(), exponent: z.number() })),
});

function growthOf(selectBench: unknown, name: string): string {
  const parsed = selectBenchSchema.safeParse(selectBench);
  const exponent = parsed.data?.balancers.find((balancer) => balancer.name === name)?.exponent;
  return exponent === undefined ? "" : ` (${exponent.toFixed(2)})`;
}
