// Who a certificate says its holder is: its SPIFFE id (X509-SVID), the one URI among its alternative names. The subject's
// common name says nothing.
import type { X509Certificate } from "node:crypto";

export interface SpiffeId {
  /** e.g. `spiffe://prod.example/ns/edge/sa/envoy` */
  readonly uri: string;
  readonly trustDomain: string;
}

const MAX_CHARS = 2_048;
const SPIFFE_ID = /^spiffe:\/\/([a-z0-9._-]{1,255})((?:\/[A-Za-z0-9._-]+)*)$/;
/** Node quotes a name that holds a comma or a quote, so that no name can pass for two. */
const ALTERNATIVE_NAME = /([^:,"]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/gy;

/** undefined: none, more than one URI, or one that is no SPIFFE id. */
export function spiffeIdOf({ subjectAltName }: Pick<X509Certificate, "subjectAltName">): SpiffeId | undefined {
  const uris: string[] = [];
  for (const [, kind, value] of (subjectAltName ?? "").matchAll(ALTERNATIVE_NAME)) {
    if (kind === "URI" && value !== undefined) uris.push(value);
  }
  const [uri] = uris;
  if (uri === undefined || uris.length > 1 || uri.length > MAX_CHARS) return undefined;
  const [, trustDomain, path = ""] = SPIFFE_ID.exec(uri) ?? [];
  const climbs = path.split("/").some((segment) => segment === "." || segment === "..");
  return trustDomain === undefined || climbs ? undefined : { uri, trustDomain };
}
