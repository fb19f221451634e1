// Whether an Envoy knows what a contender needs: it is asked with `--mode validate`, which loads the configuration and
// opens nothing.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Contender } from "../contenders.js";
import { withContenders } from "./contender-config.js";
import { writeEndpoints } from "./endpoints-file.js";

/** `reason` is Envoy's own sentence. */
export type Acceptance = { readonly accepted: true } | { readonly accepted: false; readonly reason: string };

export function acceptsContender(envoyBinary: string, contender: Contender, folder: string): Acceptance {
  const endpointsFile = join(folder, "probe-endpoints.json");
  const configFile = join(folder, "probe.yaml");
  writeEndpoints(endpointsFile, contender.name, []);
  const bootstrap = stringify({ node: { id: "probe", cluster: "probe" } });
  const contenders = [contender];
  writeFileSync(
    configFile,
    withContenders(bootstrap, {
      contenders,
      listenerPort: 1,
      routeTimeoutMs: 1_000,
      endpointsFile: () => endpointsFile,
    }),
  );
  const args = ["--mode", "validate", "--config-path", configFile, "--log-level", "error"];
  const { status, stderr } = spawnSync(envoyBinary, args, { encoding: "utf8", timeout: 20_000 });
  if (status === 0) return { accepted: true };
  return { accepted: false, reason: reasonIn(stderr) };
}

function reasonIn(stderr: string): string {
  const line = stderr.split("\n").find((text) => /could not find|error initializing|unable to/i.test(text)) ?? stderr;
  return (/could not find @type '[^']+'/.exec(stderr)?.[0] ?? line).trim().slice(0, 300);
}
