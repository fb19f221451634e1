// A gRPC client in a process of its own, and what became of its calls.
import { join } from "node:path";
import { Child } from "../../../envoy/lab/child.js";
import type { GrpcClientMessage, GrpcClientSpec } from "../../../envoy/lab/grpc/client-spec.js";
import { REPOSITORY } from "../../../envoy/lab/repository.js";
import { RecordedLoad } from "./recorded-load.js";

export interface GrpcClientOptions
  extends Pick<GrpcClientSpec, "service" | "rateRps" | "authority" | "keys">,
    Partial<Pick<GrpcClientSpec, "target" | "seed" | "timeoutMs">> {
  /** What `steelyard bootstrap --client grpc` printed; none for a target without `xds:`. */
  readonly bootstrap?: string;
  readonly logFile: string;
}

/** Calls through Envoy's listener, as a client without a control plane of its own makes them. */
export function viaEnvoy(
  listenerPort: number,
  service: string,
): Pick<GrpcClientOptions, "service" | "target" | "authority"> {
  return { service, target: `127.0.0.1:${listenerPort}`, authority: service };
}

const PROCESS = join(REPOSITORY, "dist", "envoy", "lab", "grpc", "client-process.js");

export class GrpcClient extends RecordedLoad {
  readonly child: Child;

  constructor(options: GrpcClientOptions) {
    const { bootstrap, logFile, service, target = `xds:///${service}`, seed = 1, timeoutMs = 5_000, ...rest } = options;
    super(service);
    const spec: GrpcClientSpec = { service, target, seed, timeoutMs, ...rest };
    this.child = new Child({
      name: `the gRPC client of ${target}`,
      command: process.execPath,
      args: [PROCESS, JSON.stringify(spec)],
      logFile,
      env: { ...process.env, ...(bootstrap !== undefined && { GRPC_XDS_BOOTSTRAP_CONFIG: bootstrap }) },
      onMessage: (message) => this.record((message as GrpcClientMessage).records),
    });
  }

  async stop(): Promise<void> {
    await this.child.stop();
  }
}
