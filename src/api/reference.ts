// docs/api.md, rendered from the route table so that it cannot fall behind the code.
import { ERRORS } from "../model/errors.js";
import { BODY_PROBLEMS, COMMON_PROBLEMS, componentOf, jsonSchemaOf } from "./openapi.js";
import type { Route } from "./route.js";
import { ROUTES } from "./routes.js";

const INTRO = `# REST API

<!-- Generated from src/api/routes.ts by \`npm run docs\`. -->

JSON in UTF-8 on the API address (default \`http://127.0.0.1:18080\`). The same as OpenAPI 3.1: \`GET /openapi.json\`.

- **Errors** are \`application/problem+json\` (RFC 9457): \`code\` is stable, \`errors[].pointer\` names the field, see
  [errors.md](errors.md). Unknown fields and query parameters are refused. Every answer carries \`X-Request-Id\`.
- **Tags**: a record's \`ETag\` holds its revision. Writes take it as \`If-Match\` (412 when the record has changed since) and
  \`If-None-Match: *\` to create only; reads answer 304 when \`If-None-Match\` still holds. PATCH needs \`If-Match\`.
- **Limits**: 64 KiB a body, 1 MiB and 1000 items a batch, 1000 items a page (\`cursor\` = \`nextCursor\` of the page before).
- **Callers**: \`Host\` must be a loopback name or address, and pages of other sites are refused.
`;

/** Markdown of the whole page. */
export function renderApiReference(): string {
  const index = ROUTES.map(
    (route) =>
      `| \`${route.method.toUpperCase()}\` | [\`${route.path}\`](#${route.id.toLowerCase()}) | ${route.summary} |`,
  );
  return [INTRO, "| method | path | |", "|---|---|---|", ...index, "", ...ROUTES.map(section)].join("\n");
}

function section(route: Route): string {
  const lines = [`## ${route.id}`, "", `\`${route.method.toUpperCase()} ${route.path}\``, "", route.summary, ""];
  if (route.headers) lines.push(`Conditional on: ${route.headers.map((name) => `\`${name}\``).join(", ")}.`, "");
  if (route.query) lines.push(...fieldTable("Query", jsonSchemaOf(route.query, "input")));
  if (route.body) {
    const title = route.body.optional ? "Body (may be left out)" : "Body";
    lines.push(...fieldTable(title, jsonSchemaOf(route.body.schema, "input")));
  }
  for (const reply of route.replies) {
    const name = reply.schema && componentOf(reply.schema);
    lines.push(`- **${reply.status}** ${reply.description}${name === undefined ? "" : ` Body: \`${name}\`.`}`);
  }
  const own = route.problems.filter((code) => !COMMON_PROBLEMS.includes(code) && !BODY_PROBLEMS.includes(code));
  for (const code of own) lines.push(`- **${ERRORS[code].httpStatus}** \`${code}\` ${ERRORS[code].title}.`);
  return `${lines.join("\n")}\n`;
}

type Json = Readonly<Record<string, unknown>>;

function fieldTable(title: string, schema: Json): readonly string[] {
  const rows = fieldRows(schema, "");
  return rows.length === 0 ? [] : [`| ${title} | type | default | |`, "|---|---|---|---|", ...rows, ""];
}

function fieldRows(schema: Json, prefix: string): readonly string[] {
  const required = new Set(Array.isArray(schema["required"]) ? schema["required"] : []);
  return Object.entries(asJson(schema["properties"])).flatMap(([name, value]) => {
    const field = asJson(value);
    const nested = field["type"] === "object" ? fieldRows(field, `${prefix}${name}.`) : [];
    if (nested.length > 0) return nested;
    const fallback =
      "default" in field ? `\`${JSON.stringify(field["default"])}\`` : required.has(name) ? "required" : "";
    return [`| \`${prefix}${name}\` | ${typeOf(field)} | ${fallback} | ${textOf(field["description"])} |`];
  });
}

function typeOf(field: Json): string {
  if (Array.isArray(field["enum"])) return field["enum"].map((value) => `\`${String(value)}\``).join(", ");
  const type = textOf(field["type"]) || "any";
  const { minimum, maximum } = field;
  const bounded =
    typeof minimum === "number" && typeof maximum === "number" && Math.abs(maximum) < Number.MAX_SAFE_INTEGER;
  return bounded ? `${type} ${minimum}..${maximum}` : type;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.replaceAll("|", "\\|") : "";
}

function asJson(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}
