// Steelyard as a contender: its real push path (translation, cache, sessions, NACK state, metrics, own listener) behind an
// in-memory source. Mode `grpc-js` is the same without the quick write path.
import { readFileSync } from "node:fs";
import { ServerCredentials } from "@grpc/grpc-js";
import { systemClock } from "../../src/runtime/clock.js";
import { PrometheusSink } from "../../src/telemetry/prometheus.js";
import { AssignmentEncoder } from "../../src/translate/assignment-encoder.js";
import { ResourceCache, TYPE_URLS, XdsServer } from "../../src/xds/index.js";
import { clusterName, Fleet, serviceOf } from "./assignments.js";
import { obey, serverOptions } from "./commands.js";

const AUDIENCE = "full";
const { mode, clusters, endpoints, tls } = serverOptions();
const cache = new ResourceCache();
const fleet = new Fleet(endpoints);
const encoders = Array.from({ length: clusters }, (_, index) => new AssignmentEncoder(serviceOf(index)));
let pushes = 0;

function upsert(indices: readonly number[]): void {
  cache.apply(AUDIENCE, {
    upsert: indices.map((index) => ({
      typeUrl: TYPE_URLS.endpoint,
      name: clusterName(index),
      bytes: encoders[index]?.encode(fleet.assignment(index, pushes)) ?? new Uint8Array(0),
    })),
  });
}

upsert(Array.from({ length: clusters }, (_, index) => index));
const server = new XdsServer({
  cache,
  audienceOf: () => AUDIENCE,
  clock: systemClock,
  metrics: new PrometheusSink({ processMetrics: true }),
  writePath: mode === "grpc-js" ? "grpc-js" : "http2",
});
const credentials = tls
  ? ServerCredentials.createSsl(null, [{ cert_chain: readFileSync(tls.cert), private_key: readFileSync(tls.key) }])
  : ServerCredentials.createInsecure();
const { port } = await server.listen({ host: "127.0.0.1", port: 0, credentials });
obey(port, async (index) => {
  pushes++;
  upsert([index]);
  await new Promise((resolve) => setImmediate(resolve));
});
