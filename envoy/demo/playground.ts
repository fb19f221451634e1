// What `--keep` offers: the addresses of everything, and commands to break things with.
import type { Paint } from "./ansi.js";
import { SHOP } from "./cast.js";
import type { Stage } from "./stage.js";

export function playgroundLines(stage: Stage, folder: string, paint: Paint): readonly string[] {
  const api = stage.server.api.url;
  const backends = stage.fleet.controlUrl;
  const commands: readonly (readonly [string, string])[] = [
    ["a request through Envoy", `curl -i -H 'host: ${SHOP}' http://127.0.0.1:${stage.shopPort}/`],
    ["weights and reasons", `curl ${api}/v1/services/${SHOP}/weights`],
    ["why one has its weight", `curl ${api}/v1/services/${SHOP}/instances/large-1/explanation`],
    ["what Envoy was told", `curl ${api}/v1/nodes`],
    ["metrics", `curl ${stage.server.diagnosticsUrl}/metrics`],
    ["Envoy's admin page", stage.envoy.admin.url],
    ["make a backend slow", `curl -X POST '${backends}/backends/large-1/slow?factor=10'`],
    ["make it answer 503", `curl -X POST '${backends}/backends/large-1/fail?fraction=1'`],
    ["make it well", `curl -X POST ${backends}/backends/large-1/heal`],
    ["kill the control server", `kill -9 ${stage.server.child.pid ?? ""}`],
    ["logs", folder],
  ];
  return [
    ...commands.map(([what, command]) => ` ${paint(what.padEnd(26), "dim")}${command}`),
    paint(" Ctrl-C ends it.", "dim"),
  ];
}
