// The example of docs/embedding.md: it compiles against the public entry point, runs, and is what the page shows.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { ClusterLoadAssignment } from "../../../src/gen/envoy/config/endpoint/v3/endpoint.js";
import { TYPE_URLS } from "../../../src/xds/index.js";
import { AdsClient } from "../../harness/ads-client.js";
import { serve } from "./embedding/control-plane.js";

const { cluster, endpoint } = TYPE_URLS;

test("another control plane in 40 lines serves its file, and what becomes of it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "steelyard-embedding-"));
  const file = join(folder, "services.json");
  writeFileSync(file, JSON.stringify({ checkout: ["10.0.0.1:8080", "10.0.0.2:8080"] }));
  const { port, publish, close } = await serve(file, 0);
  const client = new AdsClient({ port, variant: "delta", nodeCluster: "edge" });
  client.subscribe(cluster);
  expect((await client.accept(cluster)).names).toEqual(["checkout"]);
  client.subscribe(endpoint, ["checkout"]);
  const { resources } = await client.accept(endpoint);
  const ports = ClusterLoadAssignment.decode(resources.get("checkout") ?? Buffer.of()).endpoints.flatMap(
    ({ lbEndpoints }) => lbEndpoints.map(({ hostIdentifier }) => hostIdentifier?.$case),
  );
  expect(ports).toEqual(["endpoint", "endpoint"]);
  writeFileSync(file, JSON.stringify({ checkout: ["10.0.0.1:8080"], search: [] }));
  publish();
  const changes = await client.acceptAll();
  expect(changes.map(({ names }) => names)).toEqual([["search"], ["checkout"]]);
  client.close();
  await close();
  rmSync(folder, { recursive: true });
});

test("docs/embedding.md shows this example, and it has at most 40 lines", () => {
  const source = readFileSync("test/integration/xds/embedding/control-plane.ts", "utf8").trim();
  expect(source.split("\n").length).toBeLessThanOrEqual(40);
  expect(readFileSync("docs/embedding.md", "utf8")).toContain(source);
});
