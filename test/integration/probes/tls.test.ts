// Probes of instances that speak TLS: whom they believe, by the policy of the service.
import { createSecureServer } from "node:http2";
import { createServer } from "node:https";
import { afterEach, describe, expect, test } from "@jest/globals";
import { tlsSchema } from "../../../src/model/policy/tls.js";
import { grpcProbe } from "../../../src/probes/grpc-probe.js";
import { httpProbe } from "../../../src/probes/http-probe.js";
import type { ProbeTarget } from "../../../src/probes/target.js";
import { AUTHORITY, CERTIFICATE, PRIVATE_KEY } from "./certificates.js";
import { closeServers, listen } from "./servers.js";

afterEach(closeServers);

const OWN = { cert: CERTIFICATE, key: PRIVATE_KEY };
const probe = httpProbe({ path: "/healthz", statuses: [200] });

function target(port: number, tls: unknown, protocol: ProbeTarget["protocol"] = "http1"): ProbeTarget {
  return { address: "127.0.0.1", port, service: "shop", protocol, tls: tlsSchema.parse(tls) };
}

const ask = (port: number, tls: unknown) => probe(target(port, tls), AbortSignal.timeout(5_000));

describe("an instance that speaks TLS", () => {
  test("is believed with a certificate of the authority, and with one of the names where there are any", async () => {
    const port = await listen(createServer(OWN, (_request, response) => response.end()));
    expect(await ask(port, { ca: AUTHORITY })).toEqual({ healthy: true });
    expect(await ask(port, { ca: AUTHORITY, sans: ["other", "shop.internal"] })).toEqual({ healthy: true });
    expect(await ask(port, { ca: AUTHORITY, sans: ["spiffe://mesh/shop"] })).toEqual({ healthy: true });
    expect(await ask(port, { ca: AUTHORITY, sans: ["other"] })).toEqual({
      healthy: false,
      answered: false,
      detail: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
  });

  test("is not believed with a certificate of somebody else's, nor probed with an authority that is none", async () => {
    const port = await listen(createServer(OWN, (_request, response) => response.end()));
    expect(await ask(port, { ca: CERTIFICATE })).toMatchObject({ healthy: false, answered: false });
    expect(await ask(port, { ca: "no certificate" })).toMatchObject({ healthy: false, answered: false });
  });

  test("is shown the certificate of the proxies when it asks for one", async () => {
    const options = { ...OWN, ca: AUTHORITY, requestCert: true, rejectUnauthorized: true };
    const port = await listen(createServer(options, (_request, response) => response.end()));
    const clientCertificate = { certificate: CERTIFICATE, privateKey: PRIVATE_KEY };
    expect(await ask(port, { ca: AUTHORITY, clientCertificate })).toEqual({ healthy: true });
    expect(await ask(port, { ca: AUTHORITY })).toMatchObject({ healthy: false, answered: false });
  });

  test("is asked for the server name of the policy, and over HTTP/2 where the service speaks it", async () => {
    const names: unknown[] = [];
    const server = createSecureServer(OWN);
    server.on("secureConnection", (socket: { servername?: unknown }) => names.push(socket.servername));
    server.on("stream", (stream) => {
      stream.respond({ ":status": 200 });
      stream.end();
    });
    const port = await listen(server);
    const tls = { ca: AUTHORITY, sni: "shop.internal", sans: ["shop.internal"] };
    expect(await probe(target(port, tls, "http2"), AbortSignal.timeout(5_000))).toEqual({ healthy: true });
    expect(names).toEqual(["shop.internal"]);
    expect(await grpcProbe("")(target(port, tls, "http2"), AbortSignal.timeout(5_000))).toMatchObject({
      detail: "gRPC status missing",
    });
  });
});
