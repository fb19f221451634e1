import { describe, expect, it } from "@jest/globals";
import { parse } from "yaml";
import { type BootstrapTls, sdsFiles, transportSocketSection } from "../../../src/translate/bootstrap-tls.js";

const TLS: BootstrapTls = { caFile: "/tls/ca.pem", serverName: "steelyard.internal", sdsDir: "/sds" };
const context = (tls: Partial<BootstrapTls>) =>
  parse(transportSocketSection({ ...TLS, ...tls })).transport_socket.typed_config;

describe("TLS of the bootstrap", () => {
  it.each([
    ["spiffe://prod/a", "URI", undefined],
    ["10.1.2.3", "IP_ADDRESS", undefined],
    ["::1", "IP_ADDRESS", undefined],
    ["steelyard.internal", "DNS", "steelyard.internal"],
  ])("asks for %s as %s", (serverName, sanType, sni) => {
    const found = context({ serverName });
    expect(found.sni).toBe(sni);
    expect(found.common_tls_context.combined_validation_context.default_validation_context).toEqual({
      match_typed_subject_alt_names: [{ san_type: sanType, matcher: { exact: serverName } }],
    });
  });

  it.each(["", 'a"b', "a b", "://"])("refuses the name %p", (serverName) => {
    expect(() => context({ serverName })).toThrow(/ERR_CONFIG_INVALID|no URI/);
  });

  it("names files and watches their folders, with one secret per file", () => {
    const own = { certFile: "/own/tls.pem", keyFile: "/own/tls.key" };
    const files = [...sdsFiles({ ...TLS, own })].map(([name, text]) => [name, parse(text).resources]);
    expect(files).toEqual([
      [
        "trust.yaml",
        [
          expect.objectContaining({
            name: "trust",
            validation_context: { trusted_ca: { filename: "/tls/ca.pem" }, watched_directory: { path: "/tls" } },
          }),
        ],
      ],
      [
        "identity.yaml",
        [
          expect.objectContaining({
            name: "identity",
            tls_certificate: {
              certificate_chain: { filename: "/own/tls.pem" },
              private_key: { filename: "/own/tls.key" },
              watched_directory: { path: "/own" },
            },
          }),
        ],
      ],
    ]);
  });

  it("shows no certificate unless there is one", () => {
    expect([...sdsFiles(TLS).keys()]).toEqual(["trust.yaml"]);
    expect(context({}).common_tls_context.tls_certificate_sds_secret_configs).toBeUndefined();
  });
});
