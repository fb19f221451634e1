// TLS from Envoy to this server, for the bootstrap. Envoy takes up new certificates only if they come by SDS, so what it
// shows and whom it trusts lie in two small files of their own that name the PEM files; Envoy watches the folders of
// those. It notices files that are moved into place (as Kubernetes does, or `mv`), not ones that are written over.
import { isIP } from "node:net";
import { SteelyardError } from "../model/errors.js";

export interface BootstrapTls {
  /** Absolute path of the authorities that sign the server's certificate, PEM. */
  readonly caFile: string;
  /** Absolute paths of what the proxy shows of itself; default: nothing. */
  readonly own?: { readonly certFile: string; readonly keyFile: string };
  /** Name that the server's certificate must have: a SPIFFE id or other URI, an IP address, or a DNS name. */
  readonly serverName: string;
  /** Absolute path of the folder that holds the files of `sdsFiles`. */
  readonly sdsDir: string;
}

const TRUST = "trust.yaml";
const IDENTITY = "identity.yaml";

const SECRET = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
const CONTEXT = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";

/** The part of the cluster `xds_cluster`. @throws SteelyardError ERR_CONFIG_INVALID for a name that is none */
export function transportSocketSection({ own, serverName, sdsDir }: BootstrapTls): string {
  const { type, sni } = nameOf(serverName);
  const identity =
    own === undefined
      ? ""
      : `
          tls_certificate_sds_secret_configs:
          - name: identity
            sds_config: {resource_api_version: V3, path_config_source: {path: ${quote(`${sdsDir}/${IDENTITY}`)}}}`;
  return `    transport_socket:
      name: envoy.transport_sockets.tls
      typed_config:
        "@type": ${CONTEXT}
${sni}        common_tls_context:
          tls_params: {tls_minimum_protocol_version: TLSv1_3, tls_maximum_protocol_version: TLSv1_3}
          alpn_protocols: [h2]${identity}
          combined_validation_context:
            default_validation_context:
              # Whoever is not this, is not the control server, whatever authority says so.
              match_typed_subject_alt_names:
              - {san_type: ${type}, matcher: {exact: ${quote(serverName)}}}
            validation_context_sds_secret_config:
              name: trust
              sds_config: {resource_api_version: V3, path_config_source: {path: ${quote(`${sdsDir}/${TRUST}`)}}}
`;
}

/** Content of the files in `sdsDir`, by name. No secret is in them. */
export function sdsFiles({ caFile, own }: BootstrapTls): ReadonlyMap<string, string> {
  const trust = `resources:
- "@type": ${SECRET}
  name: trust
  validation_context:
    trusted_ca: {filename: ${quote(caFile)}}
    watched_directory: {path: ${quote(folderOf(caFile))}}
`;
  if (own === undefined) return new Map([[TRUST, trust]]);
  const identity = `resources:
- "@type": ${SECRET}
  name: identity
  tls_certificate:
    certificate_chain: {filename: ${quote(own.certFile)}}
    private_key: {filename: ${quote(own.keyFile)}}
    watched_directory: {path: ${quote(folderOf(own.certFile))}}
`;
  return new Map([
    [TRUST, trust],
    [IDENTITY, identity],
  ]);
}

function nameOf(name: string): { readonly type: "URI" | "IP_ADDRESS" | "DNS"; readonly sni: string } {
  if (/^[a-z][a-z0-9+.-]*:\/\/[\x21-\x7e]{1,2000}$/.test(name)) return { type: "URI", sni: "" };
  if (isIP(name) !== 0) return { type: "IP_ADDRESS", sni: "" };
  if (/^[A-Za-z0-9._-]{1,253}$/.test(name)) return { type: "DNS", sni: `        sni: ${quote(name)}\n` };
  throw new SteelyardError("ERR_CONFIG_INVALID", `bootstrap tls: ${quote(name)} is no URI, IP address or DNS name`);
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

function quote(text: string): string {
  return JSON.stringify(text);
}
