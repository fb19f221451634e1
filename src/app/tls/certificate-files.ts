// A server's certificate, key and client authorities as they are on disk, read together and checked together: what
// leaves here can be served. A file that is being replaced may be half there; then the next look finds it whole.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCaFile?: string | undefined;
}

export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
  /** Client certificates are asked for when there are any. */
  readonly ca: readonly string[] | undefined;
  /** When the server's certificate ends, milliseconds since the Unix epoch. */
  readonly notAfterMs: number;
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The texts of the files, for comparing and for `parseCertificate`. @throws Error of node:fs */
export async function readCertificateFiles(files: CertificateFiles): Promise<readonly string[]> {
  const { certFile, keyFile, clientCaFile } = files;
  const paths = [certFile, keyFile, ...(clientCaFile === undefined ? [] : [clientCaFile])];
  return Promise.all(paths.map((path) => readFile(path, "utf8")));
}

/** @throws Error naming the file and what is wrong with it; never its content */
export function parseCertificate(
  files: CertificateFiles,
  [cert = "", key = "", ca]: readonly string[],
): ServerCertificate {
  const [own] = certificatesIn(files.certFile, cert);
  const privateKey = attempt(files.keyFile, "no private key in PEM without passphrase", () => createPrivateKey(key));
  if (!own.checkPrivateKey(privateKey)) {
    throw new Error(`${files.keyFile} is not the key of the first certificate in ${files.certFile}`);
  }
  return {
    cert,
    key,
    ca:
      ca === undefined || files.clientCaFile === undefined
        ? undefined
        : certificatesIn(files.clientCaFile, ca).map((certificate) => certificate.toString()),
    notAfterMs: Date.parse(own.validTo),
  };
}

function certificatesIn(file: string, text: string): readonly [X509Certificate, ...X509Certificate[]] {
  const [first, ...others] = (text.match(PEM_CERTIFICATE) ?? []).map((pem) =>
    attempt(file, "a certificate that cannot be read", () => new X509Certificate(pem)),
  );
  if (first === undefined) throw new Error(`${file}: no certificate in PEM`);
  return [first, ...others];
}

function attempt<T>(file: string, fault: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new Error(`${file}: ${fault}`, { cause });
  }
}
