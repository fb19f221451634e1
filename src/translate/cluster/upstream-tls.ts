// TLS from Envoy to the instances. The Cluster names two secrets and holds neither, so that new certificates change no
// Cluster: a changed one would close its connections.

import { isIP } from "node:net";
import type { TransportSocket } from "../../gen/envoy/config/core/v3/base.js";
import {
  CertificateValidationContext,
  SubjectAltNameMatcher_SanType as SanType,
  SubjectAltNameMatcher,
  TlsCertificate,
  TlsParameters_TlsProtocol,
} from "../../gen/envoy/extensions/transport_sockets/tls/v3/common.js";
import { Secret } from "../../gen/envoy/extensions/transport_sockets/tls/v3/secret.js";
import { CommonTlsContext, UpstreamTlsContext } from "../../gen/envoy/extensions/transport_sockets/tls/v3/tls.js";
import type { ServiceName } from "../../model/ids.js";
import type { Tls } from "../../model/policy/tls.js";
import type { ServicePolicy } from "../../model/service.js";
import { ADS } from "../ads.js";
import { packAny, type Resource, SECRET_TYPE } from "../resource.js";

type Secured = Pick<ServicePolicy, "tls" | "protocol">;

const trustOf = (service: ServiceName): string => `${service}|trust`;
const identityOf = (service: ServiceName): string => `${service}|identity`;

/** Names of the secrets that a service's clusters ask for. */
export function secretNamesOf(service: ServiceName, { tls }: Pick<ServicePolicy, "tls">): readonly string[] {
  if (tls === undefined) return [];
  return [trustOf(service), ...(tls.clientCertificate ? [identityOf(service)] : [])];
}

export function transportSocketOf(service: ServiceName, { tls, protocol }: Secured): TransportSocket | undefined {
  if (tls === undefined) return undefined;
  const context = UpstreamTlsContext.create({
    sni: tls.sni ?? "",
    commonTlsContext: CommonTlsContext.create({
      tlsParams: {
        tlsMinimumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_2,
        tlsMaximumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_3,
        cipherSuites: [],
        ecdhCurves: [],
        signatureAlgorithms: [],
      },
      alpnProtocols: protocol === "http2" ? ["h2"] : [],
      tlsCertificateSdsSecretConfigs: tls.clientCertificate ? [{ name: identityOf(service), sdsConfig: ADS }] : [],
      validationContextType: {
        $case: "validationContextSdsSecretConfig",
        value: { name: trustOf(service), sdsConfig: ADS },
      },
    }),
  });
  return {
    name: "envoy.transport_sockets.tls",
    configType: { $case: "typedConfig", value: packAny(UpstreamTlsContext, context) },
  };
}

export function secretsOf(service: ServiceName, { tls }: Pick<ServicePolicy, "tls">): readonly Resource[] {
  if (tls === undefined) return [];
  const { clientCertificate } = tls;
  const trust = Secret.create({
    name: trustOf(service),
    type: { $case: "validationContext", value: validationOf(tls) },
  });
  if (clientCertificate === undefined) return [resourceOf(trust)];
  const value = TlsCertificate.create({
    certificateChain: inline(clientCertificate.certificate),
    privateKey: inline(clientCertificate.privateKey),
  });
  return [
    resourceOf(trust),
    resourceOf(Secret.create({ name: identityOf(service), type: { $case: "tlsCertificate", value } })),
  ];
}

function validationOf({ ca, sans }: Tls): CertificateValidationContext {
  return CertificateValidationContext.create({
    trustedCa: inline(ca),
    matchTypedSubjectAltNames: sans.map((san) =>
      SubjectAltNameMatcher.create({
        sanType: sanTypeOf(san),
        matcher: { matchPattern: { $case: "exact", value: san }, ignoreCase: false },
      }),
    ),
  });
}

function sanTypeOf(san: string): SanType {
  if (san.includes("://")) return SanType.URI;
  return isIP(san) === 0 ? SanType.DNS : SanType.IP_ADDRESS;
}

function inline(text: string): TlsCertificate["privateKey"] {
  return { specifier: { $case: "inlineString", value: text }, watchedDirectory: undefined };
}

function resourceOf(secret: Secret): Resource {
  return { typeUrl: SECRET_TYPE, name: secret.name, bytes: Secret.encode(secret).finish() };
}
