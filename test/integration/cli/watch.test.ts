// `steelyard watch`: states as they come, in place on a terminal, and patience with a server that goes away.
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { parseServiceName } from "../../../src/model/ids.js";
import { ApiHarness, spec } from "../api/harness.js";
import { planOf } from "../api/samples.js";
import { Terminal, until } from "./terminal.js";

const orders = parseServiceName("orders");
let api: ApiHarness;

beforeEach(async () => {
  api = new ApiHarness();
  await api.start();
  await api.put("/v1/services/orders/instances/a", spec());
  api.plans.store(orders, planOf("orders", [{ id: "a", weight: 1, share: 1 }]));
});

afterEach(() => api.stop());

test("writes one state after another, as many as asked for", async () => {
  const terminal = new Terminal();
  const watching = terminal.run("watch", "orders", "--count", "2", "--server", api.url, "-o", "json");
  await until(() => terminal.out.includes("\n"));
  api.plans.store(orders, planOf("orders", [{ id: "a", weight: 2, share: 1 }]));
  expect((await watching).code).toBe(0);
  const weights = terminal.out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).endpoints[0].weight);
  expect(weights).toEqual([1, 2]);
});

test("paints in place on a terminal, and ends on a signal", async () => {
  const terminal = new Terminal({ isTTY: true, env: { NO_COLOR: "1" } });
  const watching = terminal.run("watch", "orders", "--server", api.url);
  await until(() => terminal.out.includes("INSTANCE"));
  expect(terminal.out.startsWith("\u001b[2J\u001b[Horders")).toBe(true);
  terminal.signal("SIGINT");
  expect((await watching).code).toBe(0);
});

test("waits for a server that goes away", async () => {
  const terminal = new Terminal();
  const watching = terminal.run("watch", "orders", "--count", "9", "--server", api.url);
  await until(() => terminal.out.includes("INSTANCE"));
  await api.stop();
  expect(await terminal.wake()).toBe(1_000);
  expect(await terminal.wake()).toBe(1_000);
  expect(terminal.err).toContain("trying again");
  await until(() => terminal.sleeping.length > 0);
  terminal.signal("SIGTERM");
  expect((await watching).code).toBe(0);
});

test("an unknown service is an error", async () => {
  expect(await new Terminal().run("watch", "nothing", "--server", api.url)).toMatchObject({
    code: 1,
    err: expect.stringContaining("ERR_UNKNOWN_SERVICE"),
  });
});
