// apply, get -o yaml and delete against a real API: a file goes in, comes out, and what is wrong in it has its line.
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { ApiHarness, spec } from "../api/harness.js";
import { type Ran, Terminal } from "./terminal.js";

const FILE = `services:
  canary: {}
  shop:
    retry:
      attempts: 1
---
routes:
  front:
    domains:
      - shop.example
    rules:
      - to:
          - service: shop
            weight: 9
          - service: canary
`;

let api: ApiHarness;
beforeEach(async () => {
  api = new ApiHarness();
  await api.start();
});
afterEach(() => api.stop());

function steelyard(
  args: readonly string[],
  files: Readonly<Record<string, string>> = { "f.yaml": FILE },
): Promise<Ran> {
  const terminal = new Terminal({ env: { STEELYARD_SERVER: api.url } });
  for (const [path, text] of Object.entries(files)) terminal.files.set(path, text);
  return terminal.run(...args);
}

test("apply says what has changed, and nothing the second time", async () => {
  expect(await steelyard(["apply", "-f", "f.yaml"])).toEqual({
    code: 0,
    err: "",
    out: "service canary  created\nservice shop  created\nroute front  created\n",
  });
  expect((await steelyard(["apply", "-f", "f.yaml"])).out).toBe("3 unchanged\n");
  expect((await steelyard(["apply", "-f", "-"], { "-": "services: {shop: {}}\n" })).out).toBe(
    "service shop  changed\n",
  );
  expect((await steelyard(["apply", "-f", "f.yaml"], { "f.yaml": "" })).out).toBe("nothing is declared\n");
});

test("a dry run shows the difference line by line and changes nothing", async () => {
  await steelyard(["apply", "-f", "f.yaml"]);
  const edited = FILE.replace("attempts: 1", "attempts: 3").replace("weight: 9", "weight: 4");
  const dry = await steelyard(["apply", "-f", "f.yaml", "--dry-run"], { "f.yaml": edited });
  expect(dry).toEqual({
    code: 0,
    err: "",
    out: [
      "service shop  would be changed",
      "    retry:",
      "  -   attempts: 1",
      "  +   attempts: 3",
      "route front  would be changed",
      "    …",
      "      - to:",
      "          - service: shop",
      "  -         weight: 9",
      "  +         weight: 4",
      "          - service: canary",
      "1 unchanged",
      "",
    ].join("\n"),
  });
  expect((await steelyard(["apply", "-f", "f.yaml"])).out).toBe("3 unchanged\n");
});

test("get -o yaml gives back what apply takes", async () => {
  await steelyard(["apply", "-f", "f.yaml"]);
  await api.put("/v1/services/undeclared/instances/a", spec());
  const services = (await steelyard(["get", "services", "-o", "yaml"])).out;
  const routes = (await steelyard(["get", "routes", "-o", "yaml"])).out;
  expect(`${services}---\n${routes}`).toBe(FILE);
  expect(parse(routes)).toEqual({
    routes: {
      front: { domains: ["shop.example"], rules: [{ to: [{ service: "shop", weight: 9 }, { service: "canary" }] }] },
    },
  });
  expect((await steelyard(["apply", "-f", "f.yaml"], { "f.yaml": `${services}---\n${routes}` })).out).toBe(
    "3 unchanged\n",
  );
  expect((await steelyard(["get", "routes"])).out).toBe("ROUTE  DOMAINS       RULES\nfront  shop.example      1\n");
  expect(JSON.parse((await steelyard(["get", "routes", "-o", "json"])).out).routes[0].name).toBe("front");
});

test("what the server refuses is told with file and line, exit code 1", async () => {
  const bad = FILE.replace("service: canary\n", "service: nobody\n").replace("attempts: 1", "attempts: 100");
  const first = await steelyard(["apply", "-f", "f.yaml"], { "f.yaml": bad });
  expect([first.code, first.out]).toEqual([1, ""]);
  expect(first.err).toMatch(/ERR_INVALID_REQUEST[^]*f\.yaml:5 \/services\/shop\/retry\/attempts {2}/);
  const second = await steelyard(["apply", "-f", "f.yaml", "--dry-run"], {
    "f.yaml": FILE.replace("service: canary\n", "service: nobody\n"),
  });
  expect(second.err).toMatch(/f\.yaml:15 \/routes\/front\/rules\/0\/to\/1\/service {2}there is no service nobody/);
});

test("a file that is no YAML, and a command without file: exit code 2", async () => {
  expect(await steelyard(["apply", "-f", "f.yaml"], { "f.yaml": "services: [" })).toMatchObject({
    code: 2,
    err: expect.stringContaining("f.yaml:1"),
  });
  expect((await steelyard(["apply"])).code).toBe(2);
});

test("delete takes declarations back, and refuses those in use", async () => {
  await steelyard(["apply", "-f", "f.yaml"]);
  const refused = await steelyard(["delete", "service", "shop"]);
  expect([refused.code, refused.err]).toEqual([1, "error: shop is named by: route front (ERR_SERVICE_IN_USE)\n"]);
  expect((await steelyard(["delete", "route", "front"])).out).toBe("route front  deleted\n");
  expect((await steelyard(["delete", "service", "shop"])).out).toBe("service shop  not declared\n");
  expect((await steelyard(["delete", "route", "Front!"])).code).toBe(2);
});
