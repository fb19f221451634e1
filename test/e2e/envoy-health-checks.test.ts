// Health checks by Envoy itself: what fails them gets nothing, and comes back. The sick backend fails whatever it gets.
import { createServer } from "node:http";
import { afterEach, expect, test } from "@jest/globals";
import { listenOnLoopback } from "../../envoy/lab/listen.js";
import { Registration } from "../../envoy/lab/registration.js";
import { until } from "../../envoy/lab/until.js";
import { closedLoop, failuresOf } from "./harness/closed-loop.js";
import { Rig } from "./harness/rig.js";

let rig: Rig;
afterEach(() => rig.stop());

const sick = new Set<string>();
/** Requests of clients that found the backend sick. */
let failed = 0;

async function startBackend(id: string): Promise<void> {
  const server = createServer((request, response) => {
    response.setHeader("x-backend", id);
    response.statusCode = sick.has(id) ? 500 : 200;
    if (sick.has(id) && request.url !== "/healthz") failed++;
    response.end("ok\n");
  });
  const port = await listenOnLoopback(server);
  rig.defer(`backend ${id}`, () => {
    server.closeAllConnections();
    server.close();
  });
  const registration = new Registration({ apiUrl: rig.server.api.url, service: "shop", id, port });
  rig.defer(`beats of ${id}`, () => registration.silence());
  await registration.start();
}

/** Until Envoy has noticed, whoever is sick fails its requests; nobody else's may. */
const backends = async (): Promise<readonly string[]> => {
  const answers = await closedLoop({ port: rig.listenerPort, service: "shop", count: 30 });
  expect(failuresOf(answers.filter(({ backend }) => !sick.has(backend)))).toEqual([]);
  return [...new Set(answers.map(({ backend }) => backend))].sort();
};

const whenServedBy = (names: string): Promise<true> => {
  const look = async (): Promise<true> => {
    const seen = (await backends()).join(" ");
    if (seen !== names) throw new Error(`it is ${seen}`);
    return true;
  };
  return until(look, { what: `requests are served by ${names}`, deadlineMs: 10_000 });
};

test("an instance that fails its checks gets no request, and is back once it passes", async () => {
  rig = await Rig.create();
  const server = await rig.startServer();
  const pace = { intervalMs: 200, timeoutMs: 200, unhealthyThreshold: 2, healthyThreshold: 2 };
  const healthChecks = { by: "envoy", check: { http: {} }, ...pace };
  await server.api.send("PUT", "/v1/services/shop", { algorithm: "round-robin", healthChecks });
  for (const id of ["a", "b", "c"]) await startBackend(id);
  await rig.startEnvoy();
  await rig.untilServing("shop");
  await whenServedBy("a b c");
  sick.add("b");
  await whenServedBy("a c");
  const failedBefore = failed;
  const answers = await closedLoop({ port: rig.listenerPort, service: "shop", count: 200 });
  expect(failuresOf(answers)).toEqual([]);
  expect(failed).toBe(failedBefore);
  sick.delete("b");
  await whenServedBy("a b c");
});
