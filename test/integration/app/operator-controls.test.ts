// Freeze and shadow through the whole server: REST in, weights out, across a restart on the same data folder.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { until } from "../../../envoy/lab/until.js";
import type { WeightsAnswer } from "../../../src/api/answers.js";
import { loadConfig } from "../../../src/app/load-config.js";
import { SteelyardServer } from "../../../src/app/server.js";
import { systemClock } from "../../../src/runtime/clock.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { seededRng } from "../../../src/runtime/rng.js";
import { SqliteStore } from "../../../src/store/sqlite/sqlite-store.js";
import { PrometheusSink } from "../../../src/telemetry/prometheus.js";

let dataDir: string;
let server: SteelyardServer;

async function startServer(): Promise<void> {
  const anyPort = "127.0.0.1:0";
  const flags = { dataDir, "xds.address": anyPort, "api.address": anyPort, "diagnostics.address": anyPort };
  const config = loadConfig({ flags, env: {} });
  const store = await SqliteStore.open({ dataDir, clock: systemClock, logger: silentLogger });
  const metrics = new PrometheusSink({ strict: true });
  const rng = seededRng(1);
  server = new SteelyardServer({ config, store, version: "0", clock: systemClock, rng, logger: silentLogger, metrics });
  await server.start();
}

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "steelyard-freeze-"));
  await startServer();
});

afterEach(async () => {
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function send(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${server.ports.api}/v1/services/shop${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  expect(response.status).toBeLessThan(300);
  const text = await response.text();
  return text === "" ? undefined : JSON.parse(text);
}

const weights = async (): Promise<WeightsAnswer> => (await send("GET", "/weights")) as WeightsAnswer;
const register = (id: string, port: number, weight: number): Promise<unknown> =>
  send("PUT", `/instances/${id}`, { address: "127.0.0.1", port, weight });

const untilEndpoints = (count: number): Promise<WeightsAnswer> =>
  until(
    async () => {
      const answer = await weights();
      return answer.endpoints.length === count ? answer : undefined;
    },
    { what: `${count} endpoints` },
  );

test("a freeze outlives the server, lets newcomers in, and ends when it is lifted", async () => {
  await register("a", 9001, 100);
  await register("b", 9002, 300);
  // Two pushes keep a distance, so the second instance may be in force a moment later.
  await untilEndpoints(2);
  await send("PUT", "/freeze", { reason: "sale" });
  const before = await weights();
  expect(before).toMatchObject({ mode: "frozen", freeze: { reason: "sale" } });
  await server.stop();
  await startServer();
  const after = await weights();
  expect(after).toMatchObject({ mode: "frozen", freeze: before.freeze, revision: before.revision });
  expect(after.endpoints.map(({ weight }) => weight)).toEqual(before.endpoints.map(({ weight }) => weight));
  await register("c", 9003, 400);
  const grown = await untilEndpoints(3);
  expect(grown.mode).toBe("frozen");
  expect(grown.endpoints.map(({ share }) => share)).toEqual([0.125, 0.375, 0.5]);
  expect(grown.endpoints.slice(0, 2).map(({ weight }) => weight)).toEqual(after.endpoints.map(({ weight }) => weight));
  await send("DELETE", "/freeze");
  expect((await weights()).freeze).toBeUndefined();
});

test("shadow is set with the policy: registered weights in force, what the loop would send beside them", async () => {
  await register("a", 9001, 100);
  await register("b", 9002, 300);
  await send("PUT", "", { algorithm: "round-robin", control: { mode: "shadow" } });
  const { endpoints } = await until(
    async () => {
      const answer = await weights();
      return answer.mode === "shadow" && answer.endpoints[0]?.share === 0.25 ? answer : undefined;
    },
    { what: "shadow" },
  );
  expect(endpoints.map(({ share, shadowShare }) => [share, shadowShare])).toEqual([
    [0.25, 0.5],
    [0.75, 0.5],
  ]);
  await send("PUT", "", { algorithm: "round-robin" });
  await until(async () => ((await weights()).endpoints[0]?.share === 0.5 ? true : undefined), { what: "enforcement" });
  expect((await weights()).endpoints.every(({ shadowShare }) => shadowShare === undefined)).toBe(true);
});
