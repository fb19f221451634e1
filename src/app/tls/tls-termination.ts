// TLS in front of the port for data planes. Certificates are looked at every second and taken when they have changed and
// are whole; open connections keep theirs, so a rotation ends no stream. Whoever cannot show a certificate of the client
// authorities, or is not of the trust domain, never gets as far as HTTP/2.
import type { Server, Socket } from "node:net";
import { createServer, type TLSSocket, type TlsOptions, type Server as TlsServer } from "node:tls";
import { SteelyardError } from "../../model/errors.js";
import type { Cancel, Clock } from "../../runtime/clock.js";
import type { Logger } from "../../runtime/logger.js";
import type { MetricSink } from "../../runtime/metrics.js";
import { parseCertificate, readCertificateFiles, type ServerCertificate } from "./certificate-files.js";
import { spiffeIdOf } from "./spiffe-id.js";
import type { XdsTls } from "./xds-tls-schema.js";

const LOOK_EVERY_MS = 1_000;
const HANDSHAKE_TIMEOUT_MS = 5_000;

export interface TlsTerminationOptions {
  readonly tls: Pick<XdsTls, "certFile" | "keyFile" | "clientCaFile" | "trustDomain">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricSink;
}

export class TlsTermination {
  readonly #options: TlsTerminationOptions;
  /** Of the certificate in force. */
  #texts: readonly string[] = [];
  /** Texts that were looked at and found broken: told once. */
  #broken: readonly string[] | undefined;
  #server: TlsServer | undefined;
  #cancel: Cancel | undefined;
  #closed = false;

  constructor(options: TlsTerminationOptions) {
    this.#options = options;
  }

  /** Whether clients must show a certificate. */
  get authenticates(): boolean {
    return this.#options.tls.clientCaFile !== undefined;
  }

  /**
   * A server that is not listening yet and hands over connections after their handshake.
   * @throws SteelyardError ERR_CONFIG_INVALID naming the file that cannot be used
   */
  async createServer(onConnection: (socket: Socket) => void): Promise<Server> {
    const { tls } = this.#options;
    let certificate: ServerCertificate;
    try {
      this.#texts = await readCertificateFiles(tls);
      certificate = parseCertificate(tls, this.#texts);
    } catch (cause) {
      throw new SteelyardError("ERR_CONFIG_INVALID", `xds.tls: ${textOf(cause)}`, { cause });
    }
    const server = createServer({
      ...this.#contextOf(certificate),
      requestCert: this.authenticates,
      rejectUnauthorized: this.authenticates,
      ALPNProtocols: ["h2"],
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      noDelay: true,
    });
    server.on("secureConnection", (socket) => this.#greet(socket, onConnection));
    server.on("tlsClientError", (error, socket) => this.#failed(error, socket));
    this.#server = server;
    this.#inForce(certificate);
    this.#scheduleLook();
    return server;
  }

  /** Stops looking at the files. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #greet(socket: TLSSocket, onConnection: (socket: Socket) => void): void {
    const { trustDomain } = this.#options.tls;
    if (trustDomain !== undefined) {
      const certificate = socket.getPeerX509Certificate();
      const id = certificate && spiffeIdOf(certificate);
      if (id?.trustDomain !== trustDomain) {
        this.#refuse(socket, "trust_domain", id?.uri ?? "a certificate without SPIFFE id");
        return;
      }
    }
    socket.on("error", () => socket.destroy()); // its end is told to whoever holds the connection
    onConnection(socket);
  }

  #failed(error: Error, socket: TLSSocket): void {
    // Node says so only here when it did not like a client's certificate. The other end may be a mere port check.
    const { authorizationError } = socket;
    const isCertificate = Boolean(authorizationError) || /certificate/i.test(error.message);
    this.#refuse(socket, isCertificate ? "certificate" : "handshake", String(authorizationError || error.message));
  }

  #refuse(socket: TLSSocket, reason: "certificate" | "handshake" | "trust_domain", detail: string): void {
    const { metrics, logger } = this.#options;
    metrics.count("steelyard_tls_connections_refused_total", { reason });
    const level = reason === "handshake" ? "debug" : "warn";
    logger[level]({ peer: socket.remoteAddress, reason, detail: detail.slice(0, 256) }, "TLS connection refused");
    socket.destroy();
  }

  #scheduleLook(): void {
    this.#cancel = this.#options.clock.schedule(LOOK_EVERY_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { tls, metrics, logger } = this.#options;
    let texts: readonly string[] = ["unreadable"];
    try {
      texts = await readCertificateFiles(tls);
      if (this.#closed) return;
      if (!isSame(texts, this.#texts)) {
        const certificate = parseCertificate(tls, texts);
        this.#server?.setSecureContext(this.#contextOf(certificate));
        this.#texts = texts;
        metrics.count("steelyard_tls_reloads_total", { result: "ok" });
        logger.info({ notAfter: new Date(certificate.notAfterMs).toISOString() }, "certificate replaced");
        this.#inForce(certificate);
      }
      this.#broken = undefined;
    } catch (thrown) {
      if (this.#closed) return;
      if (this.#broken === undefined || !isSame(texts, this.#broken)) {
        this.#broken = texts;
        metrics.count("steelyard_tls_reloads_total", { result: "failed" });
        logger.error({ reason: textOf(thrown) }, "certificate not replaced, the last one stays");
      }
    }
    this.#scheduleLook();
  }

  #contextOf({ cert, key, ca }: ServerCertificate): TlsOptions {
    return { cert, key, minVersion: "TLSv1.2", ...(ca && { ca: [...ca] }) };
  }

  #inForce({ notAfterMs }: ServerCertificate): void {
    this.#options.metrics.gauge("steelyard_tls_certificate_expiry_timestamp_seconds", notAfterMs / 1_000);
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
