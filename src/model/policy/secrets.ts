// The one secret of a policy, the private key of its client certificate: never shown, and kept when what was shown comes
// back.
import type { ServicePolicy } from "../service.js";
import { REDACTED } from "./tls.js";

/** As it may be shown. */
export function withoutSecrets(policy: ServicePolicy): ServicePolicy {
  return policy.tls?.clientCertificate ? withKey(policy, REDACTED) : policy;
}

/** `given` with the key of `present` where it says to keep that. */
export function withSecretsOf(given: ServicePolicy, present: ServicePolicy | undefined): ServicePolicy {
  const kept = present?.tls?.clientCertificate?.privateKey;
  return kept !== undefined && given.tls?.clientCertificate?.privateKey === REDACTED ? withKey(given, kept) : given;
}

function withKey(policy: ServicePolicy, privateKey: string): ServicePolicy {
  const { tls } = policy;
  if (!tls?.clientCertificate) return policy;
  return { ...policy, tls: { ...tls, clientCertificate: { ...tls.clientCertificate, privateKey } } };
}
