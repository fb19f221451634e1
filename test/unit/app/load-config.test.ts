import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import { configSchema } from "../../../src/app/config-schema.js";
import { envNameOf, leafSettings, loadConfig } from "../../../src/app/load-config.js";
import { SteelyardError } from "../../../src/model/errors.js";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function file(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "steelyard-config-"));
  folders.push(folder);
  const path = join(folder, "steelyard.yaml");
  writeFileSync(path, text);
  return path;
}

function failure(run: () => unknown): SteelyardError {
  try {
    run();
  } catch (thrown) {
    return SteelyardError.from(thrown);
  }
  throw new Error("nothing was thrown");
}

describe("configuration", () => {
  test("defaults need no source at all", () => {
    const config = loadConfig({ flags: {}, env: {} });
    expect(config.xds.address).toEqual({ host: "127.0.0.1", port: 18_000 });
    expect(config.store).toBe("sqlite");
    expect(config.control.guards.minPushIntervalMs).toBe(950);
  });

  test("flag over environment over file over default", () => {
    const configFile = file(
      "listener: {port: 1111}\nlog: {level: warn}\napi: {address: 127.0.0.1:1}\ncontrol: {brake: {floor: 0.1}}\n",
    );
    const config = loadConfig({
      configFile,
      env: { STEELYARD_LISTENER_PORT: "2222", STEELYARD_API_ADDRESS: "127.0.0.1:2", HOME: "/" },
      flags: { "api.address": "[::1]:3", dataDir: undefined },
    });
    expect(config.listener.port).toBe(2_222);
    expect(config.api.address).toEqual({ host: "::1", port: 3 });
    expect(config.log.level).toBe("warn");
    expect(config.control.brake.floor).toBe(0.1);
    expect(config.control.brake.hotRatio).toBe(3);
  });

  test("a bad value names its key and where it was set", () => {
    const configFile = file("listener: {port: 70000}\n");
    const fromFile = failure(() => loadConfig({ configFile, flags: {}, env: {} }));
    expect(fromFile.code).toBe("ERR_CONFIG_INVALID");
    expect(fromFile.message).toContain(`listener.port`);
    expect(fromFile.message).toContain(`from ${configFile}`);
    expect(failure(() => loadConfig({ flags: { "xds.address": "here" }, env: {} })).message).toMatch(
      /xds\.address: not ADDRESS:PORT: "here" \(from flag --xds-address\)/,
    );
    expect(failure(() => loadConfig({ flags: {}, env: { STEELYARD_STORE: "paper" } })).message).toContain(
      "from environment variable STEELYARD_STORE",
    );
  });

  test("every fault has one line, an unknown key among them", () => {
    const configFile = file("xds: {adress: 127.0.0.1:1}\nlistener: {address: localhost, port: 99999}\n");
    expect(failure(() => loadConfig({ configFile, flags: {}, env: {} })).message.split("\n")).toEqual([
      "the configuration is not valid",
      `  xds.adress: there is no such setting (from ${configFile}:1)`,
      `  listener.address: must be an IP address (from ${configFile}:2)`,
      expect.stringMatching(/^ {2}listener\.port: .+ \(from /),
    ]);
  });

  test("services and routes come from the file alone, and their faults have lines", () => {
    const good =
      "services:\n  shop:\n  carts: {algorithm: round-robin}\nroutes:\n  front: {domains: [a.b], rules: [{to: shop}]}\n";
    const config = loadConfig({ configFile: file(good), flags: {}, env: {} });
    expect(Object.entries(config.services).map(([name, { algorithm }]) => [name, algorithm])).toEqual([
      ["shop", "adaptive"],
      ["carts", "round-robin"],
    ]);
    expect(config.routes["front"]?.domains).toEqual(["a.b"]);
    const configFile = file(
      "services:\n  shop.eu:\n    timeouts:\n      requestMs: -1\nroutes:\n  front:\n    domains: [a]\n    rules:\n    - to: shop\n    - to:\n      - service: shop\n        weight: -5\n",
    );
    expect(failure(() => loadConfig({ configFile, flags: {}, env: {} })).message.split("\n")).toEqual([
      "the configuration is not valid",
      expect.stringMatching(/^ {2}services\.shop\.eu\.timeouts\.requestMs: .* \(from .*:4\)$/),
      expect.stringMatching(/^ {2}routes\.front\.rules\.1\.to\.0\.weight: .* \(from .*:12\)$/),
    ]);
    expect(failure(() => loadConfig({ flags: {}, env: { STEELYARD_SERVICES: "{}" } })).message).toMatch(/unknown/);
  });

  test("a variable is read as its setting wants it", () => {
    const env = { STEELYARD_DATA_DIR: "123", STEELYARD_LISTENER_PORT: "456", STEELYARD_CONTROL_BRAKE_FLOOR: "0.25" };
    const config = loadConfig({ flags: {}, env });
    expect(config.dataDir).toBe("123");
    expect(config.listener.port).toBe(456);
    expect(config.control.brake.floor).toBe(0.25);
    for (const text of ["", " ", "x", "1e999"])
      expect(failure(() => loadConfig({ flags: {}, env: { STEELYARD_LISTENER_PORT: text } })).message).toMatch(
        /listener\.port: .+ \(from environment variable STEELYARD_LISTENER_PORT\)/,
      );
  });

  test("unknown keys, unknown variables, text that is not YAML, a list, and a missing file are errors", () => {
    expect(failure(() => loadConfig({ configFile: file("lisener: {}\n"), flags: {}, env: {} })).message).toContain(
      "lisener",
    );
    expect(failure(() => loadConfig({ flags: {}, env: { STEELYARD_LISTENER_PROT: "1" } })).message).toContain(
      "STEELYARD_LISTENER_PROT",
    );
    for (const text of ["a: [", "- a\n", "just text"]) {
      expect(failure(() => loadConfig({ configFile: file(text), flags: {}, env: {} })).code).toBe("ERR_CONFIG_INVALID");
    }
    expect(
      failure(() => loadConfig({ configFile: join(tmpdir(), "no-such-steelyard.yaml"), flags: {}, env: {} })).message,
    ).toContain("cannot read");
  });

  test("an empty file is an empty configuration", () => {
    expect(loadConfig({ configFile: file("\n"), flags: {}, env: {} }).listener.port).toBe(10_000);
  });

  test("every setting has an environment variable of its own", () => {
    const names = leafSettings(configSchema).map(({ key }) => envNameOf(key));
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining([
        "STEELYARD_DATA_DIR",
        "STEELYARD_XDS_ADDRESS",
        "STEELYARD_CONTROL_GUARDS_MIN_PUSH_INTERVAL_MS",
      ]),
    );
  });
});
