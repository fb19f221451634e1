// What a route may say. The message of each refusal is what a user gets, so pointers are checked as the API shows them.
import { describe, expect, test } from "@jest/globals";
import { fieldErrorsOf } from "../../../../src/model/field-errors.js";
import { regexFault } from "../../../../src/model/route/regex.js";
import { routeSchema } from "../../../../src/model/route/route.js";

/** Pointers of what is wrong, with the details. */
function faultsOf(route: unknown): readonly (readonly [string, string])[] {
  const parsed = routeSchema.safeParse(route);
  return parsed.success ? [] : fieldErrorsOf(parsed.error).map(({ pointer, detail }) => [pointer, detail]);
}

const withRule = (rule: object) => ({ domains: ["shop.example"], rules: [{ to: "shop", ...rule }] });
const withDomains = (...domains: string[]) => ({ domains, rules: [{ to: "shop" }] });

test("the shortest route sends all paths to a service", () => {
  expect(routeSchema.parse(withDomains("Shop.Example"))).toEqual({
    domains: ["shop.example"],
    rules: [{ match: { path: { prefix: "/" }, headers: [] }, to: "shop" }],
  });
});

describe("domains", () => {
  test.each([
    "*",
    "shop",
    "shop.example",
    "*.example",
    "*-blue.example",
    "shop.*",
    "shop-*",
    "127.0.0.1",
    "[::1]",
    "a_b",
  ])("%s is one", (domain) => {
    expect(faultsOf(withDomains(domain))).toEqual([]);
  });

  test.each([
    ["", "host name"],
    ["shop:80", "port"],
    ["shop.example:*", "port"],
    ["*.shop:80", "port"],
    ["*.*", "one *"],
    ["*a", "host name"],
    ["a*", "host name"],
    ["a.*.b", "host name"],
    ["**", "one *"],
    ["-a", "host name"],
    ["a b", "host name"],
    ["a/b", "host name"],
    ["http://a", "host name"],
    ["é", "host name"],
    ["a\r\nb", "host name"],
  ])("%j is none", (domain, detail) => {
    expect(faultsOf(withDomains(domain))).toEqual([["/domains/0", expect.stringContaining(detail)]]);
  });

  test("none, the same twice in whatever case, and too many", () => {
    expect(faultsOf(withDomains())[0]?.[0]).toBe("/domains");
    expect(faultsOf(withDomains("shop", "other", "SHOP"))).toEqual([["/domains/2", "shop is named twice"]]);
    expect(faultsOf(withDomains(...Array.from({ length: 65 }, (_, i) => `h${i}`)))[0]?.[0]).toBe("/domains");
  });
});

describe("rules", () => {
  test.each<[string, object, string, string]>([
    ["no way to match", { match: { path: {} } }, "/rules/0/match/path", "must say how"],
    [
      "two ways to match",
      { match: { path: { exact: "/a", prefix: "/" } } },
      "/rules/0/match/path",
      "one of exact, prefix",
    ],
    ["a path without slash", { match: { path: { prefix: "a" } } }, "/rules/0/match/path/prefix", "start with /"],
    ["a query in a path", { match: { path: { exact: "/a?b=1" } } }, "/rules/0/match/path/exact", "without ?"],
    ["look-ahead", { match: { path: { regex: "(?=a)" } } }, "/rules/0/match/path/regex", "RE2"],
    ["a lower-case method", { match: { method: "get" } }, "/rules/0/match/method", "capitals"],
    [
      "a header twice",
      {
        match: {
          headers: [
            { name: "x-a", present: true },
            { name: "X-A", exact: "1" },
          ],
        },
      },
      "/rules/0/match/headers/1/name",
      "another entry",
    ],
    [
      "a pseudo-header",
      { match: { headers: [{ name: ":path", exact: "/" }] } },
      "/rules/0/match/headers/0/name",
      "header",
    ],
    ["a header without a way", { match: { headers: [{ name: "a" }] } }, "/rules/0/match/headers/0", "must say how"],
    [
      "an empty prefix of a header",
      { match: { headers: [{ name: "a", prefix: "" }] } },
      "/rules/0/match/headers/0/prefix",
      ">=1",
    ],
    ["an unknown field", { match: { query: {} } }, "/rules/0/match/query", "unknown field"],
    [
      "weights of nothing",
      {
        to: [
          { service: "a", weight: 0 },
          { service: "b", weight: 0 },
        ],
      },
      "/rules/0/to",
      "above 0",
    ],
    ["a negative weight", { to: [{ service: "a", weight: -1 }] }, "/rules/0/to/0/weight", ">=0"],
    ["a target twice", { to: [{ service: "a" }, { service: "a" }] }, "/rules/0/to/1/service", "named twice"],
    ["no target", { to: [] }, "/rules/0/to", ">=1"],
    ["a name that is none", { to: "Shop!" }, "/rules/0/to", "name of a service"],
    [
      "a rewrite of no prefix",
      { match: { path: { exact: "/a" } }, prefixRewrite: "/" },
      "/rules/0/prefixRewrite",
      "path.prefix",
    ],
    ["a mirror of more than all", { mirror: { service: "a", percent: 101 } }, "/rules/0/mirror/percent", "<=100"],
    ["time to connect", { timeouts: { connectMs: 1 } }, "/rules/0/timeouts/connectMs", "unknown field"],
    ["a budget", { retry: { budget: {} } }, "/rules/0/retry/budget", "unknown field"],
    [
      "back-off upside down",
      { retry: { backOff: { baseMs: 500, maxMs: 1 } } },
      "/rules/0/retry/backOff/maxMs",
      "baseMs",
    ],
  ])("%s is refused", (_, rule, pointer, detail) => {
    expect(faultsOf(withRule(rule))).toEqual([[pointer, expect.stringContaining(detail)]]);
  });

  test("too many of them, of headers, of targets", () => {
    const many = (length: number, make: (i: number) => object) => Array.from({ length }, (_, i) => make(i));
    expect(faultsOf({ domains: ["a"], rules: many(129, () => ({ to: "a" })) })[0]?.[0]).toBe("/rules");
    const headers = many(17, (i) => ({ name: `h${i}`, present: true }));
    expect(faultsOf(withRule({ match: { headers } }))[0]?.[0]).toBe("/rules/0/match/headers");
    expect(faultsOf(withRule({ to: many(17, (i) => ({ service: `s${i}` })) }))[0]?.[0]).toBe("/rules/0/to");
  });
});

describe("regular expressions", () => {
  test.each(["/a/(?P<id>\\d+)", "(?i)/[a-z]+", "/x{1,20}", "\\x41", "\\\\x{1F600}", "[^/]+", "(a|b)*"])(
    "Envoy takes %s",
    (pattern) => {
      expect(regexFault(pattern)).toBeUndefined();
    },
  );

  test.each([
    ["(?!a)", "syntax"],
    ["(?<=a)b", "syntax"],
    ["(a)\\1", "syntax"],
    ["(?>a)", "syntax"],
    ["a{1001}", "syntax"],
    ["(a{100}){100}", "syntax"],
    ["[a", "syntax"],
    ["\\", "syntax"],
    ["\\p{Nope}", "syntax"],
    ["é", "ASCII"],
    ["a\nb", "ASCII"],
    ["\\x{1F600}", "bytes"],
    ["a{200}", "too large"],
    ["\\w{40}", "too large"],
  ])("and refuses %j", (pattern, why) => {
    expect(regexFault(pattern)).toContain(why);
  });
});
