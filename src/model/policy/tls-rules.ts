// PEM texts that are what they claim to be: Envoy would refuse them, for all proxies at once and only after they were
// stored. Nothing of a text is repeated in what is said about it.
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { FieldError } from "../errors.js";
import type { PolicyRule } from "./policy-rule.js";
import { REDACTED } from "./tls.js";

const MAX_CERTIFICATES = 128;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

const authorities: PolicyRule = ({ tls }) => (tls ? certificatesOf("/tls/ca", tls.ca).errors : []);

const ownCertificate: PolicyRule = ({ tls }) => {
  const own = tls?.clientCertificate;
  if (own === undefined) return [];
  const { leaf, errors } = certificatesOf("/tls/clientCertificate/certificate", own.certificate);
  const pointer = "/tls/clientCertificate/privateKey";
  if (own.privateKey === REDACTED) return [...errors, { pointer, detail: "there is no key to keep" }];
  try {
    const key = createPrivateKey(own.privateKey);
    if (!leaf || leaf.checkPrivateKey(key)) return errors;
    return [{ pointer, detail: "is not the key of the first certificate" }];
  } catch {
    return [...errors, { pointer, detail: "is no private key in PEM without passphrase" }];
  }
};

function certificatesOf(
  pointer: string,
  text: string,
): { readonly leaf: X509Certificate | undefined; readonly errors: readonly FieldError[] } {
  const blocks = text.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) return { leaf: undefined, errors: [{ pointer, detail: "holds no certificate in PEM" }] };
  if (blocks.length > MAX_CERTIFICATES) {
    return { leaf: undefined, errors: [{ pointer, detail: `holds more than ${MAX_CERTIFICATES} certificates` }] };
  }
  if (/PRIVATE KEY-----/.test(text)) return { leaf: undefined, errors: [{ pointer, detail: "holds a private key" }] };
  const read = blocks.map(certificateOf);
  const broken = read.indexOf(undefined);
  if (broken < 0) return { leaf: read[0], errors: [] };
  return { leaf: undefined, errors: [{ pointer, detail: `certificate ${broken + 1} cannot be read` }] };
}

function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

export const tlsRules: readonly PolicyRule[] = [authorities, ownCertificate];
