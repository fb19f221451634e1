// The example of docs/routes.md is what `apply` takes, and what `get -o yaml` gives back to the letter.
import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { ApiHarness } from "../api/harness.js";
import { Terminal } from "./terminal.js";

test("the worked example", async () => {
  const page = readFileSync("docs/routes.md", "utf8");
  const [, example = ""] = /<!-- example:apply[^]*?```yaml\n([^]*?)```/.exec(page) ?? [];
  const api = new ApiHarness();
  await api.start();
  const steelyard = (...args: readonly string[]) => {
    const terminal = new Terminal({ env: { STEELYARD_SERVER: api.url } });
    terminal.files.set("shop.yaml", example);
    return terminal.run(...args);
  };
  expect(await steelyard("apply", "-f", "shop.yaml")).toMatchObject({ code: 0, err: "" });
  const services = (await steelyard("get", "services", "-o", "yaml")).out;
  const routes = (await steelyard("get", "routes", "-o", "yaml")).out;
  expect(services + routes).toBe(example);
  await api.stop();
});
