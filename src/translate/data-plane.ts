// Who is served: what kind of client, how much of its configuration comes from here, and where it stands. The one place
// that reads this from what a node says of itself; everything else gets a DataPlane.
import type { Locality } from "../model/instance.js";
import { NOWHERE } from "../model/zone.js";
import { ASSIGNMENT_TYPE, type Resource } from "./resource.js";

export interface DataPlane {
  /** `grpc`: a proxyless gRPC client. */
  readonly client: "envoy" | "grpc";
  /** `full`: everything comes from here. `weights`: clusters and routes are somebody else's, only endpoints come from here. */
  readonly mode: "full" | "weights";
  /** Empty texts: it does not say. */
  readonly locality: Pick<Locality, "region" | "zone">;
}

/** The part of an xDS node that matters here; untrusted. */
export interface NodeWords {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly userAgentName: string;
  readonly locality: Locality;
}

export const FULL_ENVOY: DataPlane = { client: "envoy", mode: "full", locality: NOWHERE };
export const WEIGHTS_ENVOY: DataPlane = { client: "envoy", mode: "weights", locality: NOWHERE };

/** Mode B says so in its bootstrap: `node.metadata.steelyard.mode: weights`. gRPC libraries name themselves. */
export function dataPlaneOf({ metadata, userAgentName, locality: { region, zone } }: NodeWords): DataPlane {
  const ours = metadata["steelyard"];
  const mode = typeof ours === "object" && ours !== null && "mode" in ours ? ours.mode : undefined;
  return {
    client: /^grpc\b/i.test(userAgentName) ? "grpc" : "envoy",
    mode: mode === "weights" ? "weights" : "full",
    locality: { region, zone },
  };
}

/** The same for all who are served the same. */
export function audienceNameOf({ client, mode, locality: { region, zone } }: DataPlane): string {
  const kind = client === "envoy" ? mode : `${client}-${mode}`;
  return region === "" && zone === "" ? kind : `${kind}@${JSON.stringify([region, zone])}`;
}

export function withoutLocality(plane: DataPlane): DataPlane {
  return { ...plane, locality: NOWHERE };
}

/** Is a resource for this data plane at all? */
export function isFor({ mode }: DataPlane, { typeUrl }: Pick<Resource, "typeUrl">): boolean {
  return mode === "full" || typeUrl === ASSIGNMENT_TYPE;
}
