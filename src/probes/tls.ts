// The TLS of a service's policy as Node's client has it. As in Envoy: the instance's certificate must be signed by one of
// the given authorities and, where names are given, carry one of them; the address it is reached by proves nothing.
import type { ConnectionOptions, PeerCertificate } from "node:tls";
import type { Tls } from "../model/policy/tls.js";

export function tlsOptions({ ca, sans, sni, clientCertificate }: Tls): ConnectionOptions {
  return {
    ca,
    servername: sni ?? "",
    ...(clientCertificate && { cert: clientCertificate.certificate, key: clientCertificate.privateKey }),
    checkServerIdentity: (_host, certificate) => identityProblem(certificate, sans),
  };
}

function identityProblem({ subjectaltname = "" }: PeerCertificate, sans: readonly string[]): Error | undefined {
  if (sans.length === 0) return undefined;
  const names = subjectaltname.split(", ").map((entry) => entry.replace(/^(?:DNS|URI):/, ""));
  if (sans.some((san) => names.includes(san))) return undefined;
  return Object.assign(new Error("none of the names is in the certificate"), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
}
