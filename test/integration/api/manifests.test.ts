// Services and routes declared together: checked as a whole, in the right order, idempotent, or only looked at.
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { DeclaredManifest } from "../../../src/app/declared-manifest.js";
import { manifestSchema } from "../../../src/model/manifest.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { ApiHarness, pointersOf, type Reply } from "./harness.js";

let api: ApiHarness;
beforeEach(async () => {
  api = new ApiHarness();
  await api.start();
});
afterEach(() => api.stop());

const apply = (body: object, query = ""): Promise<Reply> => api.send("POST", `/v1/apply${query}`, { body });
const route = (to: string, ...domains: string[]) => ({ domains, rules: [{ to }] });
const outcomesOf = ({ body }: Reply): unknown =>
  body.changes.map(({ kind, name, outcome }: Record<string, string>) => `${kind} ${name} ${outcome}`);

const MANIFEST = {
  // Sorted by name, `a` comes first: it must be written after those it fails over to.
  services: { a: { failover: { services: ["z"] } }, z: { failover: { services: ["m"] } }, m: {} },
  routes: { front: route("a", "front.example"), back: route("z", "back.example") },
};

test("creates, is idempotent, changes; what it does not name stays", async () => {
  await api.put("/v1/services/other", { algorithm: "random" });
  expect(outcomesOf(await apply(MANIFEST))).toEqual([
    "service m created",
    "service z created",
    "service a created",
    "route back created",
    "route front created",
  ]);
  const before = (await api.get("/v1/routes")).body;
  const again = await apply(MANIFEST);
  expect(new Set(again.body.changes.map(({ outcome }: { outcome: string }) => outcome))).toEqual(
    new Set(["unchanged"]),
  );
  expect((await api.get("/v1/routes")).body).toEqual(before);
  const changed = await apply({ services: { m: { algorithm: "random" } }, routes: {} });
  expect(changed.body.changes).toEqual([
    {
      kind: "service",
      name: "m",
      outcome: "changed",
      before: expect.objectContaining({ algorithm: "adaptive" }),
      after: expect.objectContaining({ algorithm: "random" }),
    },
  ]);
  expect((await api.get("/v1/services")).body.services.map(({ service }: { service: string }) => service)).toEqual([
    "a",
    "m",
    "other",
    "z",
  ]);
});

test("a dry run says the same and writes nothing", async () => {
  const dry = await apply(MANIFEST, "?dryRun=true");
  expect(dry.body).toMatchObject({ dryRun: true });
  expect((await api.get("/v1/services")).body.services).toEqual([]);
  expect((await api.get("/v1/routes")).body.routes).toEqual([]);
  expect((await apply(MANIFEST)).body.changes).toEqual(dry.body.changes);
});

test("domains may change hands in one go", async () => {
  await apply(MANIFEST);
  const swapped = { routes: { front: route("a", "back.example"), back: route("z", "front.example") } };
  expect((await apply(swapped)).status).toBe(200);
  expect((await api.get("/v1/routes/front")).body.route.domains).toEqual(["back.example"]);
  expect((await api.get("/v1/routes/back")).body.route.domains).toEqual(["front.example"]);
});

test("a chain of failovers may be turned round in one go", async () => {
  await apply(MANIFEST);
  const turned = { services: { a: {}, z: { failover: { services: ["a"] } }, m: { failover: { services: ["z"] } } } };
  expect((await apply(turned)).status).toBe(200);
});

test("every fault is told with its place, and nothing is written", async () => {
  await apply({ services: { shop: {} }, routes: { taken: route("shop", "x.example") } });
  const bad = {
    services: {
      a: { failover: { services: ["b", "none"] } },
      b: { failover: { services: ["a"] } },
      c: { algorithm: "best" },
    },
    routes: {
      one: route("nobody", "one"),
      two: route("a", "x.example"),
      three: route("a", "y"),
      four: route("a", "y"),
    },
  };
  expect(pointersOf(await apply(bad), 422, "ERR_INVALID_REQUEST")).toEqual([
    "/services/a/failover/services/0",
    "/services/a/failover/services/1",
    "/services/b/failover/services/0",
    "/services/c/algorithm",
    "/routes/four/domains/0",
    "/routes/one/rules/0/to",
    "/routes/three/domains/0",
    "/routes/two/domains/0",
  ]);
  expect((await api.get("/v1/services")).body.services).toHaveLength(1);
  expect(pointersOf(await apply({ services: { "Bad!": {} }, rooms: {} }), 422, "ERR_INVALID_REQUEST")).toEqual([
    "/services/Bad!",
    "/rooms",
  ]);
  pointersOf(await apply({ routes: { two: route("shop", "x.example") } }), 409, "ERR_DOMAIN_CONFLICT");
  const many = Object.fromEntries(["a", "b", "c", "d"].map((name) => [name, route("shop", name)]));
  pointersOf(await apply({ routes: many }), 403, "ERR_QUOTA_EXCEEDED");
  pointersOf(await api.send("POST", "/v1/apply?dryRun=maybe", { body: {} }), 422, "ERR_INVALID_REQUEST");
});

test("of the configuration file: a restart takes back nothing, a change of the file does", async () => {
  const start = async (body: object) => {
    const manifest = manifestSchema.parse(body);
    await new DeclaredManifest({ manifest, writer: api.manifests, store: api.store, logger: silentLogger }).start();
  };
  const algorithm = async () => (await api.get("/v1/services/shop")).body.policy.algorithm;
  const declared = { services: { shop: { algorithm: "random" } }, routes: { front: route("shop", "front") } };
  await start(declared);
  expect([await algorithm(), (await api.get("/v1/routes/front")).status]).toEqual(["random", 200]);
  await api.put("/v1/services/shop", { algorithm: "p2c" });
  await api.send("DELETE", "/v1/routes/front");
  await start(declared);
  expect([await algorithm(), (await api.get("/v1/routes/front")).status]).toEqual(["p2c", 404]);
  await start({ ...declared, services: { shop: { algorithm: "round-robin" } } });
  expect(await algorithm()).toBe("round-robin");
  // Taken out, it stays; declared once more, it is news.
  await start({});
  expect(await algorithm()).toBe("round-robin");
  await start(declared);
  expect([await algorithm(), (await api.get("/v1/routes/front")).status]).toEqual(["random", 200]);
  await expect(start({ routes: { bad: route("nobody", "bad") } })).rejects.toMatchObject({
    code: "ERR_CONFIG_INVALID",
    errors: [{ pointer: "/routes/bad/rules/0/to", detail: "there is no service nobody" }],
  });
});

test("two services with one port are refused before either is written", async () => {
  const tcp = (port: number) => ({ protocol: { tcp: { port } } });
  const refused = await apply({ services: { cache: tcp(6_379), queue: tcp(6_379) }, routes: {} });
  expect(pointersOf(refused, 422, "ERR_INVALID_REQUEST")).toContain("/services/queue/protocol/tcp/port");
  expect((await api.get("/v1/services/cache")).status).toBe(404);
  expect((await apply({ services: { cache: tcp(6_379) }, routes: {} })).status).toBe(200);
});

test("a port may go from one service to another in one go, whatever their names", async () => {
  const tcp = (port: number) => ({ protocol: { tcp: { port } } });
  await apply({ services: { giver: tcp(6_379), other: tcp(6_380) }, routes: {} });
  const moved = await apply({ services: { giver: {}, another: tcp(6_379) }, routes: {} });
  expect(outcomesOf(moved)).toEqual(["service giver changed", "service another created"]);
  // A chain: each takes the port of the next.
  const chain = await apply({ services: { another: tcp(6_380), other: tcp(6_381), third: tcp(6_379) }, routes: {} });
  expect(outcomesOf(chain)).toEqual(["service other changed", "service another changed", "service third created"]);
});

test("services that exchange their ports are refused before either is written", async () => {
  const tcp = (port: number) => ({ protocol: { tcp: { port } } });
  await apply({ services: { a: tcp(6_379), b: tcp(6_380) }, routes: {} });
  for (const query of ["", "?dryRun=true"]) {
    const refused = await apply({ services: { a: tcp(6_380), b: tcp(6_379) }, routes: {} }, query);
    expect(pointersOf(refused, 422, "ERR_INVALID_REQUEST")).toEqual(["/services/b/protocol/tcp/port"]);
  }
  const failingOver = { services: { a: { failover: { services: ["b"] } }, b: tcp(6_379) }, routes: {} };
  const circle = await apply(failingOver);
  expect(pointersOf(circle, 422, "ERR_INVALID_REQUEST")).toEqual(["/services/b/protocol/tcp/port"]);
  expect((await api.get("/v1/services/a")).body.policy.protocol).toEqual({ tcp: { port: 6_379 } });
});
