// TLS of a policy through the API: texts that are no certificates, keys of others, and a key that never comes back.
import { afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { type TestAuthority, type TestCertificate, testAuthority } from "../../harness/certificates.js";
import { ApiHarness, pointersOf } from "./harness.js";

const SHOP = "/v1/services/shop";
let api: ApiHarness;
let authority: TestAuthority;
let own: TestCertificate;
let other: TestCertificate;

beforeAll(async () => {
  authority = await testAuthority();
  own = await authority.issue({ type: "url", value: "spiffe://prod/edge" });
  other = await authority.issue();
});
beforeEach(async () => {
  api = new ApiHarness();
  await api.start();
});
afterEach(() => api.stop());

const put = (tls: object) => api.put(SHOP, { tls: { ca: authority.certificate, ...tls } });
const CERTIFICATE = "/tls/clientCertificate/certificate";
const KEY = "/tls/clientCertificate/privateKey";

test("texts that are not what they claim to be are refused where they stand, without being repeated", async () => {
  const broken = authority.certificate.replaceAll(/[A-Za-z]{20}/g, "AAAAAAAAAAAAAAAAAAAA");
  const cases: readonly (readonly [object, readonly string[]])[] = [
    [{ ca: "CA" }, ["/tls/ca"]],
    [{ ca: broken }, ["/tls/ca"]],
    [{ ca: authority.certificate + broken }, ["/tls/ca"]],
    [{ ca: own.privateKey }, ["/tls/ca"]],
    [{ ca: own.certificate + own.privateKey }, ["/tls/ca"]],
    [{ ca: "x".repeat(70_000) }, ["/tls/ca"]],
    [{ clientCertificate: { ...own, certificate: "C" } }, [CERTIFICATE]],
    [{ clientCertificate: { ...own, privateKey: "K" } }, [KEY]],
    [{ clientCertificate: { ...own, privateKey: other.privateKey } }, [KEY]],
    [{ clientCertificate: { certificate: "C", privateKey: "K" } }, [CERTIFICATE, KEY]],
    [{ clientCertificate: { ...own, privateKey: "(redacted)" } }, [KEY]],
    [{ sni: "a b" }, ["/tls/sni"]],
  ];
  for (const [tls, pointers] of cases) {
    const reply = await put(tls);
    expect(pointersOf(reply, 422, "ERR_INVALID_REQUEST")).toEqual(pointers);
    expect(JSON.stringify(reply.body)).not.toMatch(/BEGIN|AAAAAAAAAA/);
  }
});

test("a key is not shown, stays when what was shown is put back, and goes with its certificate", async () => {
  const answer = await put({ clientCertificate: own });
  expect(answer.status).toBe(201);
  const shown = { certificate: own.certificate, privateKey: "(redacted)" };
  expect(answer.body.policy.tls.clientCertificate).toEqual(shown);
  const again = await put({ clientCertificate: shown });
  expect([again.status, again.body.revision]).toEqual([200, answer.body.revision]); // nothing has changed
  for (const path of [SHOP, "/v1/services"]) {
    expect(JSON.stringify((await api.send("GET", path)).body)).not.toContain("PRIVATE KEY");
  }
  // The key that is kept must be that of the certificate that comes with it.
  const mixed = await put({ clientCertificate: { ...shown, certificate: other.certificate } });
  expect(pointersOf(mixed, 422, "ERR_INVALID_REQUEST")).toEqual([KEY]);
  await put({});
  expect(pointersOf(await put({ clientCertificate: shown }), 422, "ERR_INVALID_REQUEST")).toEqual([KEY]);
});

test("a manifest shows no key either, and keeps the one that is there", async () => {
  const manifest = (clientCertificate: object) => ({
    services: { shop: { tls: { ca: authority.certificate, clientCertificate } } },
    routes: {},
  });
  const apply = (body: object) => api.send("POST", "/v1/apply", { body });
  const shown = { certificate: own.certificate, privateKey: "(redacted)" };
  const nothingKept = await apply(manifest(shown));
  expect(pointersOf(nothingKept, 422, "ERR_INVALID_REQUEST")).toEqual([`/services/shop${KEY}`]);
  const written = await apply(manifest(own));
  expect(written.body.changes[0].after.tls.clientCertificate).toEqual(shown);
  const again = await apply(manifest(shown));
  expect(again.body.changes[0].outcome).toBe("unchanged");
  const changed = await apply(manifest({ ...shown, certificate: other.certificate }));
  expect(pointersOf(changed, 422, "ERR_INVALID_REQUEST")).toEqual([`/services/shop${KEY}`]);
  expect(JSON.stringify([written.body, again.body, changed.body])).not.toContain("PRIVATE KEY");
});
