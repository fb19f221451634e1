import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { withBaseline, writeEndpoints } from "../../../envoy/demo/baseline.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "steelyard-baseline-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Resources {
  readonly listeners: readonly { readonly name?: string; readonly address: unknown }[];
  readonly clusters: readonly { readonly name: string; readonly lb_policy?: string }[];
}

test("the baseline is added beside what the bootstrap has, and strings stay strings for Envoy's YAML 1.1", () => {
  const text = withBaseline('node: {id: "on"}\nstatic_resources: {clusters: [{name: xds_cluster}]}', 8081, "/f.json");
  const document = JSON.parse(text) as { readonly node: unknown; readonly static_resources: Resources };
  expect(document.node).toEqual({ id: "on" });
  const { listeners, clusters } = document.static_resources;
  expect(clusters.map(({ name, lb_policy: policy }) => [name, policy])).toEqual([
    ["xds_cluster", undefined],
    ["baseline", "LEAST_REQUEST"],
  ]);
  expect(listeners[0]?.address).toEqual({ socket_address: { address: "127.0.0.1", port_value: 8081 } });
});

test("members carry no weight, and one that drains says so", () => {
  const file = join(folder, "endpoints.json");
  writeEndpoints(file, [
    { port: 1, draining: false },
    { port: 2, draining: true },
  ]);
  const text = readFileSync(file, "utf8");
  expect(text).not.toContain("weight");
  const parsed = JSON.parse(text) as {
    readonly resources: readonly { readonly endpoints: readonly { readonly lb_endpoints: readonly unknown[] }[] }[];
  };
  expect(parsed.resources[0]?.endpoints[0]?.lb_endpoints).toMatchObject([
    { endpoint: { address: { socket_address: { port_value: 1 } } }, health_status: "HEALTHY" },
    { endpoint: { address: { socket_address: { port_value: 2 } } }, health_status: "DRAINING" },
  ]);
  expect(readdirSync(folder)).toEqual(["endpoints.json"]);
});
