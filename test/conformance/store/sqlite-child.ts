// A second process for the fault tests. `hold DIR` opens the store and keeps it; `write DIR` commits without pause and
// prints "KEY." after each commit was acknowledged: a line that the kill cut short has no full stop. Prints the error code
// and exits 1 when the store does not open.
import { writeSync } from "node:fs";
import { systemClock } from "../../../src/runtime/clock.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { SqliteStore } from "../../../src/store/sqlite/sqlite-store.js";

const [mode, dataDir = ""] = process.argv.slice(2);

const store = await SqliteStore.open({ dataDir, logger: silentLogger, clock: systemClock }).catch((error: unknown) => {
  writeSync(1, `${String((error as { code?: unknown }).code)}\n`);
  process.exit(1);
});
writeSync(1, "open\n");

if (mode === "hold") {
  process.stdin.resume(); // until the parent closes the pipe or kills
} else {
  const writer = async (lane: number): Promise<void> => {
    for (let index = 0; ; index++) {
      const key = `row/${lane}/${index}`;
      await store.commit([{ type: "put", key, value: new TextEncoder().encode(key) }]);
      await new Promise<void>((resolve) => process.stdout.write(`${key}.\n`, () => resolve())); // a slow reader slows us
    }
  };
  await Promise.all([0, 1, 2, 3].map(writer));
}
