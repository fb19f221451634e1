// What passes our check of regular expressions, Envoy takes; and it does refuse what is refused for its sake.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { findEnvoy } from "../../envoy/find-envoy.mjs";
import { regexFault } from "../../src/model/route/regex.js";

let folder: string;
let binary: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "steelyard-regex-"));
  binary = (await findEnvoy()).path;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HTTP = "type.googleapis.com/envoy.extensions.filters";

/** What Envoy has against routes with these; "" = nothing. */
function envoyRefusal(patterns: readonly string[]): string {
  const routes = patterns.map((regex) => ({ match: { safe_regex: { regex } }, route: { cluster: "c" } }));
  const manager = {
    "@type": `${HTTP}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "x",
    http_filters: [{ name: "envoy.filters.http.router", typed_config: { "@type": `${HTTP}.http.router.v3.Router` } }],
    route_config: { validate_clusters: false, virtual_hosts: [{ name: "v", domains: ["*"], routes }] },
  };
  const filters = [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }];
  const address = { socket_address: { address: "127.0.0.1", port_value: 1 } };
  const config = { static_resources: { listeners: [{ name: "l", address, filter_chains: [{ filters }] }] } };
  const file = join(folder, "envoy.json");
  writeFileSync(file, JSON.stringify(config));
  const args = ["--mode", "validate", "-c", file, "-l", "critical"];
  const { status, stdout, stderr } = spawnSync(binary, args, { encoding: "utf8", timeout: 20_000 });
  return status === 0 ? "" : (stdout + stderr).slice(-400);
}

test.each([
  "(?=a)",
  "(?<!a)b",
  "(a)\\1",
  "(?>a)",
  "a{1001}",
  "(a{100}){100}",
  "[z-a]",
  "a**+",
  "\\p{Nope}",
  "\\x{1F600}",
  "a{100}",
  "\\w{40}",
])("both refuse %s", (pattern) => {
  expect(regexFault(pattern)).toBeDefined();
  expect(envoyRefusal([pattern])).not.toBe("");
});

test("Envoy takes every one of thousands that pass, in one configuration", () => {
  const atom = fc.constantFrom(
    ..."a b / . \\d \\w \\s \\D \\W \\S [a-z] [^/] [[:alnum:]] [^a-c] [a-zA-Z0-9._~-] \\pL \\p{Greek} \\PN \\b \\B ^ $ \\.".split(
      " ",
    ),
    ..."(?i) (?s) (?U) \\Qa.b\\E \\x41 \\x{7f} \\A \\z \\C \\1 (?=a) (?P<n>a) (?:) () é \\x{100} ab/cd".split(" "),
  );
  const regex = fc.letrec<{ node: string }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4, depthIdentifier: "regex" },
      atom,
      fc.tuple(tie("node"), tie("node")).map(([a, b]) => a + b),
      fc.tuple(tie("node"), tie("node")).map(([a, b]) => `(${a}|${b})`),
      fc
        .tuple(tie("node"), fc.constantFrom("*", "+", "?", "*?", "{3}", "{0,9}", "{2,}", "{30}", "{0}"))
        .map(([a, times]) => `(?:${a})${times}`),
      fc.tuple(tie("node"), fc.constantFrom("*", "+", "{2}")).map(([a, times]) => `(${a})${times}`),
    ),
  })).node;
  const sample = fc.sample(
    fc.array(regex, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("")),
    {
      numRuns: 5_000,
      seed: 20_260_726,
    },
  );
  const passing = [...new Set(sample)].filter((pattern) => pattern.length <= 512 && regexFault(pattern) === undefined);
  expect(passing.length).toBeGreaterThan(1_000);
  expect(envoyRefusal(passing)).toBe("");
});
