import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "@jest/globals";
import { systemClock } from "../../../src/runtime/clock.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { SqliteStore } from "../../../src/store/sqlite/sqlite-store.js";
import { stateStoreConformance } from "./state-store.suite.js";

const root = mkdtempSync(join(tmpdir(), "steelyard-store-"));
let count = 0;

afterAll(() => rmSync(root, { recursive: true, force: true }));

stateStoreConformance({
  name: "sqlite",
  make: (options = {}) =>
    SqliteStore.open({ dataDir: join(root, `${count++}`), logger: silentLogger, clock: systemClock, ...options }),
});
