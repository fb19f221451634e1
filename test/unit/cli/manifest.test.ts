// What files hold: minimal forms, differences line by line, and where in a file something is.
import { describe, expect, test } from "@jest/globals";
import { lineDiff } from "../../../src/cli/line-diff.js";
import { readManifest } from "../../../src/cli/manifest-file.js";
import { diffFriendlyYaml, minimalOf } from "../../../src/cli/manifest-yaml.js";
import { routeSchema } from "../../../src/model/route/route.js";
import { servicePolicySchema } from "../../../src/model/service.js";

describe("minimal form", () => {
  test.each<[string, object]>([
    ["the default policy", {}],
    ["one setting", { algorithm: "round-robin" }],
    ["an optional part with all its defaults", { retry: {}, outlierDetection: {} }],
    ["deep inside", { retry: { backOff: { baseMs: 5 } }, timeouts: { idleMs: 3 }, settings: { a: 1 } }],
  ])("of %s is what was written", (_, written) => {
    expect(minimalOf("service", servicePolicySchema.parse(written))).toEqual(written);
  });

  test("of a route, lists included", () => {
    const written = {
      domains: ["a"],
      rules: [{ match: { path: { prefix: "/x" } }, to: [{ service: "s" }, { service: "t", weight: 3 }] }, { to: "s" }],
    };
    expect(minimalOf("route", routeSchema.parse(written))).toEqual(written);
  });

  test("of what a newer server says is all of it", () => {
    const value = { ...servicePolicySchema.parse({}), teleport: true };
    expect(minimalOf("service", value)).toEqual(value);
  });

  test("equal content is equal text, whatever the order of keys", () => {
    expect(diffFriendlyYaml({ b: { d: 1, c: 2 }, a: 0 })).toBe("a: 0\nb:\n  c: 2\n  d: 1\n");
  });
});

describe("difference", () => {
  const text = (...lines: string[]) => lines.map((line) => `${line}\n`).join("");

  test("of equal texts, and against nothing", () => {
    expect(lineDiff("a\nb\n", "a\nb\n")).toBe("");
    expect(lineDiff("", "a\nb\n")).toBe("+ a\n+ b\n");
    expect(lineDiff("a\n", "")).toBe("- a\n");
  });

  test("shows what goes, what comes, two lines around, and that lines are left out", () => {
    const lines = Array.from({ length: 12 }, (_, i) => `l${i}`);
    expect(lineDiff(text(...lines), text(...lines.with(6, "new")))).toBe(
      text("  …", "  l4", "  l5", "- l6", "+ new", "  l7", "  l8", "  …"),
    );
    expect(lineDiff(text("a", "b", "c"), text("a", "c", "d"))).toBe(text("  a", "- b", "  c", "+ d"));
  });
});

describe("file", () => {
  const fault = (source: string) => {
    try {
      readManifest(source, "f.yaml");
    } catch (thrown) {
      return thrown as { code: string; message: string };
    }
    throw new Error("nothing was thrown");
  };

  test("may be of several documents, some empty; a name with nothing after it is a service by default", () => {
    const { manifest, locate } = readManifest(
      "services:\n  shop:\n---\n---\n# no\nroutes:\n  a:\n    domains: [x]\n",
      "f",
    );
    expect(manifest).toEqual({ services: { shop: {} }, routes: { a: { domains: ["x"] } } });
    const detail = "wrong";
    expect(
      locate([
        { pointer: "/routes/a/domains/0", detail },
        { pointer: "/routes/a/rules", detail },
        { pointer: "/services/shop/tls", detail },
        { pointer: "/services/other", detail },
      ]).map(({ pointer }) => pointer),
    ).toEqual(["f:8 /routes/a/domains/0", "f:7 /routes/a/rules", "f:2 /services/shop/tls", "f /services/other"]);
  });

  test.each([
    ["services: [", /^f\.yaml:\d+: not YAML/],
    ["services:\n  a: {}\n  a: {}\n", /^f\.yaml:3: not YAML: .*unique/],
    ["services: {a: }\n---\nservices: {a: }\n", /^f\.yaml:3: \/services\/a is declared twice/],
    ["\nserbices: {}\n", /^f\.yaml:2: \/serbices is unknown/],
    ["- services\n", /^f\.yaml:1: .*mapping/],
    ["routes: text\n", /^f\.yaml:1: \/routes must be a mapping/],
  ])("%j is refused", (source, message) => {
    expect(fault(source)).toMatchObject({ code: "ERR_CONFIG_INVALID", message: expect.stringMatching(message) });
  });

  test("a bomb of aliases is refused", () => {
    const levels = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}*a${i}]`);
    expect(fault(`a0: &a0 x\n${levels.join("\n")}\n`).code).toBe("ERR_CONFIG_INVALID");
  });
});
