// docs/xds-conformance.md, rendered from the statements that the conformance suite proves.
import { PROTOCOL_STATEMENTS, PROTOCOL_VARIANTS, type ProtocolStatement, variantsOf } from "./protocol-statements.js";

/** Markdown of the whole page. */
export function renderXdsConformance(): string {
  const shortfalls = PROTOCOL_STATEMENTS.filter(({ goControlPlane }) => goControlPlane !== undefined);
  return [
    "# xDS conformance",
    "",
    "<!-- Generated from src/xds/protocol-statements.ts by `npm run docs`. -->",
    "",
    "What the protocol demands of a server, statement by statement. Each has at least one test that bears its number and runs",
    "over real gRPC with a scripted client, in every variant marked “pass”; the suite fails when a row of this page was not run",
    "or did not pass in a variant it names. “–”: the variant has no such thing. The same client can be pointed at any server.",
    "",
    "```",
    "node tools/jest.mjs conformance -- test/conformance/xds",
    "```",
    "",
    "“Specification” is Envoy's [xDS REST and gRPC protocol](https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol);",
    "other sources are projects whose behaviour, or whose bugs, taught the statement.",
    "",
    `| # | statement | source | ${PROTOCOL_VARIANTS.join(" | ")} |`,
    `|---|---|---|${PROTOCOL_VARIANTS.map(() => "---|").join("")}`,
    ...PROTOCOL_STATEMENTS.map(row),
    "",
    "## Where go-control-plane differs",
    "",
    "Read from its source as of August 2026, not measured. Most of it is a choice: it leaves the matter to its caller.",
    "",
    "| # | go-control-plane |",
    "|---|---|",
    ...shortfalls.map(({ number, goControlPlane }) => `| ${number} | ${goControlPlane} |`),
    "",
    "It has no counterpart to the client status service, the load report service or the metrics of this engine. It has what",
    "this engine has not: a Go API with generated types, a snapshot cache keyed by version strings of the caller's own, and a",
    "decade of use.",
    "",
  ].join("\n");
}

function row(statement: ProtocolStatement): string {
  const held = variantsOf(statement);
  const cells = PROTOCOL_VARIANTS.map((variant) => (held.includes(variant) ? "pass" : "–"));
  return `| ${statement.number} | ${statement.text} | ${statement.source} | ${cells.join(" | ")} |`;
}
