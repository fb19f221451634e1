// The side-car: registers, beats, comes back after the server forgot or was away, drains and deregisters.
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { parseInstanceId, parseServiceName } from "../../../src/model/ids.js";
import { ApiHarness, spec } from "../api/harness.js";
import { type Ran, Terminal, until } from "./terminal.js";

const orders = parseServiceName("orders");
const a = parseInstanceId("a");
let api: ApiHarness;
let terminal: Terminal;

beforeEach(async () => {
  api = new ApiHarness();
  await api.start();
  terminal = new Terminal();
});

afterEach(() => api.stop());

const register = (...more: readonly string[]): Promise<Ran> =>
  terminal.run(
    "register",
    "orders",
    "--id",
    "a",
    "--address",
    "10.0.0.1",
    "--port",
    "80",
    "--server",
    api.url,
    ...more,
  );
const instance = (): ReturnType<typeof api.registry.get> => api.registry.get(orders, a);
const beats = async (): Promise<number> =>
  Number(/heartbeats_total\{result="ok"\} (\d+)/.exec(await api.metrics.text())?.[1] ?? 0);

describe("alone", () => {
  test("registers with what was said, beats at the server's cadence, drains, deregisters", async () => {
    const running = register(
      "--weight",
      "7",
      "--zone",
      "z1",
      "--metadata",
      "version=1=2",
      "--metadata",
      "b=",
      "--ttl",
      "60",
      "--drain-timeout",
      "5",
    );
    await until(() => terminal.sleeping.length > 0);
    expect(instance()).toMatchObject({
      weight: 7,
      locality: { zone: "z1" },
      metadata: { version: "1=2", b: "" },
      ttlMs: 60_000,
      status: "ready",
      generation: "generation-1",
    });
    const cadenceMs = await terminal.wake();
    expect(cadenceMs).toBeGreaterThanOrEqual(18_000);
    expect(cadenceMs).toBeLessThanOrEqual(22_000);
    await until(async () => (await beats()) === 1);
    terminal.signal("SIGTERM");
    await until(() => instance()?.health === "DRAINING");
    for (let second = 1; second <= 5; second++) expect(await terminal.wake()).toBe(1_000);
    expect((await running).code).toBe(0);
    expect(instance()).toBeUndefined();
    expect(await beats()).toBe(6); // its lease does not run out while it drains
  });

  test("goes as soon as the server has removed it from the drain, and does not come back", async () => {
    const running = register();
    await until(() => terminal.sleeping.length > 0);
    terminal.signal("SIGTERM");
    await until(() => instance()?.health === "DRAINING");
    await terminal.wake();
    await until(async () => (await beats()) === 1);
    await api.registry.deregister(orders, a);
    await terminal.wake();
    expect((await running).code).toBe(0);
    expect(terminal.slept.filter((ms) => ms === 1_000)).toHaveLength(2);
    expect(instance()).toBeUndefined();
  });

  test("a second signal ends the draining", async () => {
    const running = register();
    await until(() => terminal.sleeping.length > 0);
    terminal.signal("SIGINT");
    await until(() => instance()?.health === "DRAINING" && terminal.sleeping.length > 0);
    terminal.signal("SIGINT");
    expect((await running).code).toBe(0);
    expect(instance()).toBeUndefined();
  });

  test("registers again when the server has forgotten it", async () => {
    const running = register("--drain-timeout", "0");
    await until(() => terminal.sleeping.length > 0);
    await api.registry.deregister(orders, a);
    await terminal.wake();
    await until(() => terminal.err.includes("no longer knows"));
    await terminal.wake();
    await until(() => instance() !== undefined);
    terminal.signal("SIGTERM");
    expect((await running).code).toBe(0);
  });

  test("waits for a server that is away, longer each time, and says so once", async () => {
    await api.stop();
    const running = register("--drain-timeout", "0");
    for (const expected of [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
      expect(await terminal.wake()).toBe(expected);
    expect(terminal.err.match(/ERR_|no answer/g)).toHaveLength(1);
    await until(() => terminal.sleeping.length > 0);
    terminal.signal("SIGTERM");
    expect((await running).code).toBe(0);
  });

  test("ends when the server refuses for good", async () => {
    await api.put("/v1/services/orders/instances/a", spec({ port: 81, generation: "other" }));
    expect(await register()).toMatchObject({ code: 1, err: expect.stringContaining("(ERR_GENERATION_CONFLICT)") });
    expect(
      await terminal.run(
        "register",
        "orders",
        "--id",
        "b",
        "--address",
        "224.0.0.1",
        "--port",
        "80",
        "--server",
        api.url,
      ),
    ).toMatchObject({
      code: 1,
      err: expect.stringMatching(/ERR_INVALID_REQUEST\)\n {2}\/address {2}must not be a multicast address\n$/),
    });
  });
});

describe("with a program", () => {
  test("takes traffic once its port accepts, and its exit code is ours", async () => {
    terminal.portAccepts = false;
    const running = register("--", "my-server", "--flag");
    await until(() => terminal.sleeping.length === 2);
    expect(instance()).toMatchObject({ status: "starting", health: "UNHEALTHY" });
    terminal.portAccepts = true;
    terminal.sleeping.find(({ ms }) => ms === 200)?.wake();
    await until(() => instance()?.health === "HEALTHY");
    terminal.children[0]?.end(3);
    expect((await running).code).toBe(3);
    expect(instance()).toBeUndefined();
  });

  test("a signal drains first and is passed on then", async () => {
    const running = register("--drain-timeout", "5", "--", "my-server");
    await until(() => instance()?.health === "HEALTHY");
    terminal.signal("SIGINT");
    await until(() => instance()?.health === "DRAINING");
    expect(terminal.children[0]?.signals).toEqual([]);
    for (let second = 1; second <= 5; second++) {
      await until(() => terminal.sleeping.some(({ ms }) => ms === 1_000));
      terminal.sleeping.find(({ ms }) => ms === 1_000)?.wake();
    }
    expect((await running).code).toBe(143);
    expect(terminal.children[0]?.signals).toEqual(["SIGINT"]);
    expect(instance()).toBeUndefined();
  });

  test("runs on when another process takes its id over", async () => {
    const running = register("--", "my-server");
    await until(() => instance()?.health === "HEALTHY");
    await api.put("/v1/services/orders/instances/a?takeover=true", spec({ port: 81, generation: "other" }));
    await until(() => terminal.sleeping.length > 0);
    await terminal.wake();
    await until(() => terminal.err.includes("ERR_GENERATION_CONFLICT"));
    await until(() => terminal.slept.at(-1) === 10_000);
    expect(terminal.children[0]?.signals).toEqual([]);
    terminal.children[0]?.end(0);
    expect((await running).code).toBe(0);
    expect(instance()).toMatchObject({ generation: "other" });
  });

  test("is not started when the registration is refused", async () => {
    await api.put("/v1/services/orders/instances/a", spec({ port: 81, generation: "other" }));
    expect((await register("--", "my-server")).code).toBe(1);
    expect(terminal.children).toEqual([]);
  });

  test("is started although the server is away", async () => {
    await api.stop();
    const running = register("--", "my-server");
    await until(() => terminal.children.length === 1);
    terminal.children[0]?.end(0);
    expect((await running).code).toBe(0);
  });
});
