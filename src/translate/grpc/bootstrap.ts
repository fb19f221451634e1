// The file that tells a gRPC client where its control plane is (`GRPC_XDS_BOOTSTRAP`), as JSON: gRPC libraries read
// nothing else. Who connects is told apart by the node id, as with Envoy.
import type { Locality } from "../../model/instance.js";
import { type BootstrapIdentity, checkIdentity, parseXdsAddress } from "../bootstrap.js";

export interface GrpcBootstrapOptions extends BootstrapIdentity {
  readonly locality?: Locality;
}

/** @throws SteelyardError ERR_CONFIG_INVALID naming the option */
export function grpcBootstrapJson(options: GrpcBootstrapOptions): string {
  checkIdentity(options);
  const { nodeId, nodeCluster, xdsAddress, locality } = options;
  parseXdsAddress(xdsAddress);
  const bootstrap = {
    xds_servers: [
      // `xds_v3` was needed once, and harms nobody.
      { server_uri: xdsAddress, channel_creds: [{ type: "insecure" }], server_features: ["xds_v3"] },
    ],
    node: {
      id: nodeId,
      cluster: nodeCluster,
      // Must be there, even if it says nothing.
      locality: locality === undefined ? {} : { region: locality.region, zone: locality.zone },
    },
  };
  return `${JSON.stringify(bootstrap, null, 2)}\n`;
}
