// Commands against a real API: tables, JSON and YAML, the explanation, errors and exit codes.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { parseServiceName } from "../../../src/model/ids.js";
import { DEFAULT_SERVICE_POLICY } from "../../../src/model/service.js";
import { ApiHarness, spec } from "../api/harness.js";
import { explanationOf, nodeOf, planOf } from "../api/samples.js";
import { type Ran, Terminal } from "./terminal.js";

let api: ApiHarness;

beforeEach(async () => {
  api = new ApiHarness();
  await api.start();
  await api.put("/v1/services/orders/instances/a", spec({ locality: { zone: "z1" } }));
  await api.put("/v1/services/orders/instances/b", spec({ address: "2001:db8::1", weight: 50, status: "starting" }));
});

afterEach(() => api.stop());

const steelyard = (...args: readonly string[]): Promise<Ran> =>
  new Terminal({ env: { STEELYARD_SERVER: api.url } }).run(...args);

describe("get", () => {
  test("services", async () => {
    expect(await steelyard("get", "services")).toEqual({
      code: 0,
      err: "",
      out: ["SERVICE  ALGORITHM  INSTANCES  HEALTHY", "orders   adaptive           2        1", ""].join("\n"),
    });
  });

  test("instances, aligned, IPv6 in brackets", async () => {
    const { out } = await steelyard("get", "instances", "orders");
    expect(out).toBe(
      [
        "INSTANCE  ADDRESS             WEIGHT  STATUS    ADMIN  LEASE  HEALTH     ZONE",
        "a         10.0.0.1:8080          100  ready     ready  live   HEALTHY    z1",
        "b         [2001:db8::1]:8080      50  starting  ready  live   UNHEALTHY",
        "",
      ].join("\n"),
    );
  });

  test("JSON and YAML are the answer of the API", async () => {
    const answer = (await api.get("/v1/services/orders/instances")).body;
    expect(JSON.parse((await steelyard("get", "instances", "orders", "-o", "json")).out)).toEqual(answer);
    expect(parse((await steelyard("get", "instances", "orders", "-o", "yaml")).out)).toEqual(answer);
  });

  test("lists longer than a page are read to their end", async () => {
    const names = Array.from({ length: 1_001 }, (_, index) => `s${10_000 + index}`);
    await Promise.all(names.map((name) => api.registry.putService(parseServiceName(name), DEFAULT_SERVICE_POLICY)));
    const answer = JSON.parse((await steelyard("get", "services", "-o", "json")).out);
    expect(answer.services.map(({ service }: { service: string }) => service)).toEqual(["orders", ...names]);
    expect(answer).not.toHaveProperty("nextCursor");
  });

  test("the owner of a key, whatever is in it", async () => {
    api.publish(planOf("orders", [{ id: "a", weight: 100, share: 1 }]));
    const { code, out } = await steelyard("get", "owner", "orders", "user 7/ü?");
    expect(code).toBe(0);
    expect(out.split("\n")[1]).toMatch(
      /^a +10\.0\.0\.1:8080 +HEALTHY +0 +maglev of 1009 slots, 1 instances +\d+ +[0-9a-f]{16}$/,
    );
    const { key, instance } = JSON.parse((await steelyard("get", "owner", "orders", "user 7/ü?", "-o", "json")).out);
    expect([key, instance]).toEqual(["user 7/ü?", "a"]);
  });

  test("weights with measured shares and reasons", async () => {
    api.plans.store(
      parseServiceName("orders"),
      planOf("orders", [
        { id: "a", weight: 300, share: 0.75, rps: 60 },
        { id: "b", weight: 100, share: 0.25, rps: 40, reasons: ["slow: 212 ms"] },
      ]),
    );
    const { out } = await steelyard("get", "weights", "orders");
    expect(out).toBe(
      [
        "orders  policy adaptive · mode normal · signals L · revision 7",
        "INSTANCE  HEALTH   WEIGHT   SHARE  MEASURED   RPS  LATENCY  ERRORS  WHY",
        "a         HEALTHY     300  75.0 %    60.0 %  60.0  20.0 ms   0.0 %",
        "b         HEALTHY     100  25.0 %    40.0 %  40.0  20.0 ms   0.0 %  slow: 212 ms",
        "",
      ].join("\n"),
    );
  });

  test("weights of a frozen service: who holds them, what the loop would send, how busy the instances say they are", async () => {
    const plan = planOf("orders", [
      { id: "a", weight: 300, share: 0.75, rps: 60 },
      { id: "b", weight: 100, share: 0.25, rps: 40 },
    ]);
    api.plans.store(parseServiceName("orders"), {
      ...plan,
      mode: "frozen",
      freeze: { reason: "sale\u001b[2J", frozenAtMs: 0, expiresAtMs: 60_000 },
      signalMode: "U",
      entries: plan.entries.map((entry, i) => ({
        ...entry,
        shadowShare: 0.5,
        shadowWeight: 100,
        load: entry.load && { ...entry.load, utilization: 0.5 + i / 4 },
      })),
    });
    expect((await steelyard("get", "weights", "orders")).out).toBe(
      [
        "orders  policy adaptive · mode frozen · signals U · revision 7",
        "frozen by an operator since 1970-01-01T00:00:00.000Z until 1970-01-01T00:01:00.000Z: sale\ufffd[2J",
        "INSTANCE  HEALTH   WEIGHT   SHARE  SHADOW  MEASURED  UTILISATION   RPS  LATENCY  ERRORS  WHY",
        "a         HEALTHY     300  75.0 %  50.0 %    60.0 %       50.0 %  60.0  20.0 ms   0.0 %",
        "b         HEALTHY     100  25.0 %  50.0 %    40.0 %       75.0 %  40.0  20.0 ms   0.0 %",
        "",
      ].join("\n"),
    );
  });

  test("zones: what they can take, what they call, and what they send where; or that distance plays no part", async () => {
    const plan = planOf("orders", [{ id: "a", weight: 100, share: 1 }]);
    api.plans.store(parseServiceName("orders"), plan);
    expect((await steelyard("get", "zones", "orders")).out).toBe(
      "distance plays no part: failover.locality is not set\n",
    );
    const zones = [
      { region: "eu", zone: "a", capacity: 1 / 3, demand: 0.5, share: 0.37, sends: [0.711, 0.289], degradedPart: 0 },
      { region: "eu", zone: "b", capacity: 2 / 3, demand: 0.5, share: 0.63, sends: [0.03, 0.97], degradedPart: 0 },
    ];
    const levels = [{ priority: 0, zones, elsewhere: [0, 1] }];
    api.plans.store(parseServiceName("orders"), { ...plan, localities: { prefer: "zone", levels } });
    expect((await steelyard("get", "zones", "orders")).out).toBe(
      [
        "PRIORITY  ZONE         CAPACITY   CALLS  TRAFFIC  SENDS",
        "       0  eu/a           33.3 %  50.0 %   37.0 %  eu/a 71.1 %, eu/b 28.9 %",
        "       0  eu/b           66.7 %  50.0 %   63.0 %  eu/b 97.0 %, eu/a 3.0 %",
        "       0  (elsewhere)                             eu/b 100.0 %",
        "",
      ].join("\n"),
    );
    const json = JSON.parse((await steelyard("get", "zones", "orders", "-o", "json")).out);
    expect(json).toEqual((await api.get("/v1/services/orders/weights")).body.localities);
    expect(json.levels[0].zones[0].sends).toEqual([0.711, 0.289]);
  });

  test("weights before the first plan", async () => {
    expect((await steelyard("get", "weights", "orders")).out).toContain("no endpoints yet");
  });

  test("nodes with the reason of a refusal", async () => {
    api.nodes = [nodeOf("edge-1", "NACKED")];
    expect((await steelyard("get", "nodes")).out).toBe(
      [
        "NODE    CLUSTER  TYPE                   STATE   SUBSCRIBED  SENT  ACKED  ERROR",
        "edge-1  edge     ClusterLoadAssignment  NACKED           1  v2    v1     no such cluster",
        "",
      ].join("\n"),
    );
  });
});

describe("explain", () => {
  test("reads as an explanation", async () => {
    api.explanations.set("orders/a", explanationOf("orders", "a"));
    const { code, out } = await steelyard("explain", "orders/a");
    expect(code).toBe(0);
    expect(out).toBe(
      [
        "orders/a  weight 51 · share 5.0 % (fair 20.0 %, measured 6.0 %) · HEALTHY",
        "policy adaptive · mode normal · signals latency",
        "",
        "FACTOR      VALUE  SHARE SO FAR  BECAUSE",
        "fair     × 0.2000        20.0 %  1 of 5 instances",
        "latency  × 0.2500         5.0 %  212 ms against a mean of 21 ms",
        "share                     5.0 %",
        "weight 51 by least_request: w = s(1 + s·n), n = 8.9 in flight per worker",
        "",
        "Why",
        "  slow: 212 ms against a mean of 21 ms",
        "",
        "Load in the last round",
        "  requests  12.0 per second, 2.0 in flight",
        "  latency   20.0 ms, measured by Envoy, 12 samples",
        "  errors    0.0 % of what was completed",
        "  evidence  reported 0.3 s ago, confidence 90.0 %",
        "",
        "Last changes",
        " AGO  REVISION  WEIGHT  SHARE  BECAUSE",
        "10 s         6      80  8.0 %  slow",
        "",
      ].join("\n"),
    );
  });

  test("says who froze the weights, what the loop would send, and how busy the instance says it is", async () => {
    const explanation = explanationOf("orders", "a");
    api.explanations.set("orders/a", {
      ...explanation,
      mode: "frozen",
      freeze: { reason: "sale", frozenAtMs: 0, expiresAtMs: undefined },
      shadowShare: 0.125,
      shadowWeight: 77,
      load: explanation.load && {
        ...explanation.load,
        utilization: 0.8,
        utilizationAgeMs: 2_000,
        utilizationSource: "heartbeat",
      },
    });
    const { out } = await steelyard("explain", "orders/a");
    expect(out.split("\n").slice(1, 4)).toEqual([
      "policy adaptive · mode frozen · signals latency",
      "frozen by an operator since 1970-01-01T00:00:00.000Z: sale",
      "the loop would send weight 77, share 12.5 %",
    ]);
    expect(out).toContain("  utilised  80.0 % by its heartbeat of 2.0 s ago\n");
  });

  test("without traffic, without reports", async () => {
    api.explanations.set("orders/a", {
      ...explanationOf("orders", "a"),
      factors: [],
      reasons: [],
      load: undefined,
      history: [],
      health: "DRAINING",
    });
    const { out } = await steelyard("explain", "orders/a");
    expect(out).toContain("It takes no traffic, so it has no share.");
    expect(out).toContain("Load  no report yet");
    expect(out).not.toContain("Last changes");
  });

  test("as JSON", async () => {
    api.explanations.set("orders/a", explanationOf("orders", "a"));
    const { out } = await steelyard("explain", "orders/a", "-o", "json");
    expect(JSON.parse(out)).toEqual((await api.get("/v1/services/orders/instances/a/explanation")).body);
  });
});

describe("freeze, unfreeze", () => {
  test("with a reason and a time, and back", async () => {
    const { code, out, err } = await steelyard("freeze", "orders", "--reason", "sale", "--ttl", "8h");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^orders {2}frozen until \d{4}-\d\d-\d\dT[\d:.]+Z: sale\n$/);
    const freeze = api.freezes.freezes.get(parseServiceName("orders"));
    expect((freeze?.expiresAtMs ?? 0) - (freeze?.frozenAtMs ?? 0)).toBe(8 * 3_600_000);
    expect(await steelyard("unfreeze", "orders")).toEqual({ code: 0, err: "", out: "orders  not frozen\n" });
    expect(api.freezes.freezes.size).toBe(0);
  });

  test("without either; JSON is the answer of the API", async () => {
    expect((await steelyard("freeze", "orders")).out).toBe("orders  frozen until `steelyard unfreeze`\n");
    const { out } = await steelyard("freeze", "orders", "-o", "json");
    expect(JSON.parse(out)).toMatchObject({ service: "orders", reason: "" });
  });

  test("what it does not understand, and what the server refuses", async () => {
    const { code, err } = await steelyard("freeze", "orders", "--ttl", "soon");
    expect(code).toBe(2);
    expect(err).toContain("It must be a time like 90s, 30m, 8h or 2d.");
    expect(await steelyard("freeze", "orders", "--ttl", "8d")).toMatchObject({ code: 1 });
    expect(await steelyard("unfreeze", "nobody")).toMatchObject({
      code: 1,
      err: "error: there is no service nobody (ERR_UNKNOWN_SERVICE)\n",
    });
  });
});

describe("drain, undrain, maint", () => {
  test.each([
    ["drain", "drain", "DRAINING"],
    ["undrain", "ready", "HEALTHY"],
    ["maint", "maint", "UNHEALTHY"],
  ])("%s sets admin state %s", async (command, state, health) => {
    expect(await steelyard(command, "orders/a")).toEqual({
      code: 0,
      err: "",
      out: `orders/a  admin state ${state} · health ${health}\n`,
    });
    expect((await api.get("/v1/services/orders/instances/a")).body.adminState).toBe(state);
  });
});

describe("import", () => {
  const folder = mkdtempSync(join(tmpdir(), "steelyard-import-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("makes the endpoints of a file the instances of a service", async () => {
    const file = join(folder, "cla.json");
    const address = { socket_address: { address: "10.0.0.9", port_value: 80 } };
    writeFileSync(file, JSON.stringify({ endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] }));
    expect(await steelyard("import", "cart", "-f", file)).toEqual({
      code: 0,
      err: "",
      out: "cart  1 created · 0 changed · 0 unchanged · 0 removed\n",
    });
    writeFileSync(file, "{}");
    const refused = await steelyard("import", "cart", "-f", file);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("ERR_WOULD_EMPTY_SERVICE") });
    expect(await steelyard("import", "cart", "-f", file, "--allow-empty")).toMatchObject({ code: 0 });
  });

  test("a file that is not there is a usage error", async () => {
    const ran = await steelyard("import", "cart", "-f", join(folder, "none.json"));
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining("--file") });
  });
});

describe("bootstrap and version", () => {
  test("bootstrap prints YAML", async () => {
    const { code, out } = await steelyard(
      "bootstrap",
      "--node-id",
      "edge-1",
      "--cluster",
      "edge",
      "--workers",
      "4",
      "--protocol",
      "sotw",
      "--zone",
      "z1",
    );
    expect(code).toBe(0);
    expect(parse(out)).toMatchObject({
      node: { id: "edge-1", cluster: "edge", locality: { zone: "z1" }, metadata: { steelyard: { workers: 4 } } },
    });
    const grpc = await steelyard("bootstrap", "--client", "grpc", "--node-id", "g", "--cluster", "c", "--zone", "z1");
    expect(JSON.parse(grpc.out)).toMatchObject({ node: { id: "g", locality: { region: "", zone: "z1" } } });
    const weights = await steelyard("bootstrap", "--node-id", "e", "--cluster", "c", "--mode", "weights");
    expect(parse(weights.out)).not.toHaveProperty("dynamic_resources.cds_config");
  });

  test("bootstrap with TLS writes the files that the YAML names", async () => {
    const cli = new Terminal();
    const own = ["--tls-cert", "/own/tls.pem", "--tls-key", "/own/tls.key", "--tls-sds-dir", "/sds"];
    const base = ["bootstrap", "--node-id", "e", "--cluster", "c", "--xds-address", "[::1]:18000"];
    const { code, out } = await cli.run(...base, "--tls-ca", "/tls/ca.pem", ...own);
    expect(code).toBe(0);
    expect([...cli.files.keys()]).toEqual(["/sds/trust.yaml", "/sds/identity.yaml"]);
    for (const path of cli.files.keys()) expect(out).toContain(path);
    expect(out).toContain('{san_type: IP_ADDRESS, matcher: {exact: "::1"}}');
  });

  test("version", async () => {
    for (const spelling of ["version", "--version", "-V"])
      expect(await steelyard(spelling)).toEqual({ code: 0, out: "1.2.3\n", err: "" });
  });
});

describe("failures", () => {
  test("what the server refuses: its words, its code, its pointers, exit code 1", async () => {
    expect(await steelyard("get", "weights", "nothing")).toEqual({
      code: 1,
      out: "",
      err: "error: there is no service nothing (ERR_UNKNOWN_SERVICE)\n",
    });
    expect((await steelyard("drain", "orders/zz")).err).toContain("(ERR_UNKNOWN_INSTANCE)\n");
  });

  test("no server: the URL that was tried", async () => {
    const { code, err } = await steelyard("get", "services", "--server", "http://127.0.0.1:1");
    expect(code).toBe(1);
    expect(err).toMatch(/^error: no answer from http:\/\/127\.0\.0\.1:1: .+ \(ERR_SERVER_UNREACHABLE\)\n$/);
  });

  test.each([
    [["get"]],
    [["nonsense"]],
    [["get", "services", "--typo"]],
    [["get", "services", "-o", "xml"]],
    [["get", "services", "--server", "ftp://x"]],
    [["get", "weights"]],
    [["get", "weights", "Orders!"]],
    [["explain", "orders"]],
    [["explain", "orders/a b"]],
    [["bootstrap"]],
    [["bootstrap", "--node-id", "n", "--cluster", "c", "--xds-address", "nowhere"]],
    [["bootstrap", "--node-id", "n", "--cluster", "c", "--workers", "0"]],
    [["bootstrap", "--node-id", "n", "--cluster", "c", "--client", "grpc", "--mode", "weights"]],
    [["bootstrap", "--node-id", "n", "--cluster", "c", "--tls-cert", "c.pem"]],
    [["bootstrap", "--node-id", "n", "--cluster", "c", "--tls-cert", "c.pem", "--tls-key", "c.key"]],
    [["register", "orders", "--id", "a", "--address", "host.example", "--port", "80"]],
    [["register", "orders", "--id", "a", "--address", "10.0.0.1", "--port", "0"]],
    [["serve", "--store", "etcd"]],
  ])("usage error of %j: exit code 2, nothing on standard output", async (args) => {
    const { code, out, err } = await steelyard(...args);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).not.toBe("");
  });

  test("a variable that is no URL is a usage error that names it", async () => {
    const { code, err } = await new Terminal({ env: { STEELYARD_SERVER: "localhost:18080" } }).run("get", "services");
    expect(code).toBe(2);
    expect(err).toBe('error: STEELYARD_SERVER "localhost:18080" is not an http URL (ERR_CONFIG_INVALID)\n');
  });

  test("help is no failure", async () => {
    const { code, out } = await steelyard("--help");
    expect(code).toBe(0);
    for (const command of [
      "serve",
      "bootstrap",
      "register",
      "get",
      "watch",
      "explain",
      "drain",
      "undrain",
      "maint",
      "version",
    ])
      expect(out).toContain(command);
  });
});

describe("terminals", () => {
  test("color only on a terminal without NO_COLOR", async () => {
    const escapes = async (options: ConstructorParameters<typeof Terminal>[0]): Promise<boolean> =>
      (await new Terminal(options).run("get", "services", "--server", api.url)).out.includes("\u001b[");
    expect(await escapes({ isTTY: true })).toBe(true);
    expect(await escapes({ isTTY: true, env: { NO_COLOR: "1" } })).toBe(false);
    expect(await escapes({ isTTY: true, env: { TERM: "dumb" } })).toBe(false);
    expect(await escapes({})).toBe(false);
  });

  test("what comes from the network cannot write escapes", async () => {
    const hostile = explanationOf("orders", "a");
    api.explanations.set("orders/a", {
      ...hostile,
      reasons: ["\u001b[2Jgone\u202e"],
      enforcement: "a\u0007b",
      factors: [{ name: "x\u001b", value: 0.05, note: "\u009b1m" }],
    });
    const { out } = await steelyard("explain", "orders/a");
    // oxlint-disable-next-line no-control-regex
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });
});
