// A server that cannot start says why, with a code, touches nothing it has no business with, and lets go of the rest.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { runServer } from "../../../src/app/run-server.js";
import { systemClock } from "../../../src/runtime/clock.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { SqliteStore } from "../../../src/store/sqlite/sqlite-store.js";

let folder: string;
let holder: Server | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "steelyard-run-"));
});

afterEach(() => {
  holder?.close();
  holder = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const dataDir = (): string => join(folder, "data");

const serve = (flags: Readonly<Record<string, unknown>>): Promise<number> =>
  runServer({
    env: {},
    flags: {
      dataDir: dataDir(),
      "xds.address": "127.0.0.1:0",
      "api.address": "127.0.0.1:0",
      "diagnostics.address": "127.0.0.1:0",
      "log.level": "silent",
      ...flags,
    },
  });

async function takenPort(): Promise<number> {
  const server = createServer();
  holder = server;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function openStore(): Promise<SqliteStore> {
  return SqliteStore.open({ dataDir: dataDir(), clock: systemClock, logger: silentLogger });
}

test.each(["xds", "api", "diagnostics"])("%s beyond loopback is refused before anything is opened", async (port) => {
  await expect(serve({ [`${port}.address`]: "0.0.0.0:0" })).rejects.toMatchObject({
    code: "ERR_NOT_LOOPBACK",
    message: `--${port}-address 0.0.0.0: without authentication only loopback addresses are allowed`,
  });
  expect(existsSync(dataDir())).toBe(false);
});

test.each(["xds", "api", "diagnostics"])(
  "a taken %s port is named with its flag, and the data folder is free again",
  async (port) => {
    const taken = await takenPort();
    await expect(serve({ [`${port}.address`]: `127.0.0.1:${taken}` })).rejects.toMatchObject({
      code: "ERR_ADDRESS_IN_USE",
      message: `127.0.0.1:${taken} is taken: stop the process that listens there, or choose another address with --${port}-address`,
    });
    await (await openStore()).close();
  },
);

test("a second server on the same data folder is refused, and the first one keeps it", async () => {
  const first = await openStore();
  await expect(serve({})).rejects.toMatchObject({
    code: "ERR_STORE_LOCKED",
    message: expect.stringContaining(dataDir()),
  });
  expect((await first.commit([{ type: "put", key: "a", value: new Uint8Array([1]) }])).ok).toBe(true);
  await first.close();
});
