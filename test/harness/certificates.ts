// A certificate authority for tests, in memory: no openssl, no files unless asked for.
// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 wants it loaded first
import "reflect-metadata";
import type { webcrypto } from "node:crypto";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  type JsonGeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const HOUR_MS = 3_600_000;

export interface TestCertificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS 8. */
  readonly privateKey: string;
}

export interface TestAuthority {
  /** PEM. */
  readonly certificate: string;
  /** A certificate of one hour with these alternative names. */
  issue(...names: JsonGeneralNames): Promise<TestCertificate>;
}

let serial = 0;

export async function testAuthority(name = "test authority"): Promise<TestAuthority> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const own = await X509CertificateGenerator.createSelfSigned({
    ...validity(),
    name: `CN=${name}`,
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ],
  });
  return { certificate: pem(own), issue: (...names) => issue(own, keys.privateKey, names) };
}

async function issue(
  authority: X509Certificate,
  signingKey: webcrypto.CryptoKey,
  names: JsonGeneralNames,
): Promise<TestCertificate> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.create({
    ...validity(),
    subject: "CN=test",
    issuer: authority.subject,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      await AuthorityKeyIdentifierExtension.create(authority.publicKey),
      ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { certificate: pem(certificate), privateKey: PemConverter.encode(key, "PRIVATE KEY") };
}

/** With a line end, so that two make a bundle. */
function pem(certificate: X509Certificate): string {
  return `${certificate.toString("pem")}\n`;
}

function validity(): { serialNumber: string; notBefore: Date; notAfter: Date } {
  serial += 1;
  const nowMs = Date.now();
  return {
    serialNumber: serial.toString(16).padStart(4, "0"),
    notBefore: new Date(nowMs - HOUR_MS),
    notAfter: new Date(nowMs + HOUR_MS),
  };
}

/** Files of a folder as `mv` puts them there: whoever watches the folder hears of it. */
export function moveIntoPlace(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
}
