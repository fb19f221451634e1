// The API over real HTTP on a port of its own, with the real registry behind it and stand-ins for control and xDS. Every answer is held against the route table:
// its body against the schema of its status, its problem code against the codes that the route declares.
import { expect } from "@jest/globals";
import { problemAnswerSchema } from "../../../src/api/answers.js";
import { ApiServer } from "../../../src/api/api-server.js";
import { createApi } from "../../../src/api/create-api.js";
import { problemsOf } from "../../../src/api/openapi.js";
import type { ApiLimits } from "../../../src/api/ports.js";
import type { Route } from "../../../src/api/route.js";
import { ROUTES } from "../../../src/api/routes.js";
import { KeyOwners } from "../../../src/app/key-owners.js";
import type { Published } from "../../../src/app/publisher.js";
import { bindPolicy, WEIGHT_POLICIES } from "../../../src/balancers/registry.js";
import type { Explanation } from "../../../src/control/explanation.js";
import { isHashing } from "../../../src/model/enforcement.js";
import type { InstanceId, ServiceName } from "../../../src/model/ids.js";
import type { WeightPlan } from "../../../src/model/plan.js";
import { checkConsistency } from "../../../src/model/policy/consistency.js";
import type { ServicePolicy } from "../../../src/model/service.js";
import { FreezeBook } from "../../../src/registry/freeze-book.js";
import { ManifestWriter } from "../../../src/registry/manifest-writer.js";
import { Registry } from "../../../src/registry/registry.js";
import { RouteBook } from "../../../src/registry/route-book.js";
import { systemClock } from "../../../src/runtime/clock.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { seededRng } from "../../../src/runtime/rng.js";
import { WatchableMap } from "../../../src/runtime/watchable-map.js";
import type { HeartbeatLoad } from "../../../src/signals/heartbeat-load.js";
import { PrometheusSink } from "../../../src/telemetry/prometheus.js";
import type { NodeStatus } from "../../../src/xds/node-status.js";
import { FaultyStore } from "./faulty-store.js";
import { publishedOf } from "./samples.js";

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, for tests to look into freely; undefined without a body. */
  readonly body: ReturnType<typeof JSON.parse>;
}

export interface SendOptions {
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly raw?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

const policyCheck = (policy: ServicePolicy) => checkConsistency(policy, bindPolicy(policy).enforcement);
const hashes = (policy: ServicePolicy) => isHashing(bindPolicy(policy).enforcement);

export class ApiHarness {
  readonly store = new FaultyStore();
  readonly metrics = new PrometheusSink({ strict: true });
  readonly registry = new Registry({
    store: this.store,
    clock: systemClock,
    metrics: this.metrics,
    limits: { maxInstancesPerService: 5 },
    policyCheck,
    usersOf: (service) => this.routes.usersOf(service).map((name) => `route ${name}`),
  });
  readonly routes: RouteBook = new RouteBook({
    store: this.store,
    services: this.registry.services,
    logger: silentLogger,
    metrics: this.metrics,
    hashes,
    maxRoutes: 4,
  });
  readonly freezes = new FreezeBook({
    store: this.store,
    services: this.registry.services,
    clock: systemClock,
    logger: silentLogger,
  });
  readonly manifests = new ManifestWriter({ registry: this.registry, routes: this.routes, policyCheck, hashes });
  /** Loads that came with heartbeats, as `service/id`. */
  readonly beats = new Map<string, HeartbeatLoad>();
  readonly plans = new WatchableMap<ServiceName, WeightPlan>();
  readonly explanations = new Map<string, Explanation>();
  /** What proxies have been sent. */
  readonly published = new Map<ServiceName, Published>();
  nodes: readonly NodeStatus[] = [];
  readonly #server: ApiServer;

  constructor(limits: Partial<ApiLimits> = {}) {
    const app = createApi({
      registry: this.registry,
      freezes: this.freezes,
      routes: this.routes,
      manifests: this.manifests,
      loads: { recordBeat: (service, id, load) => void this.beats.set(`${service}/${id}`, load) },
      control: {
        plans: this.plans,
        explain: (service: ServiceName, id: InstanceId) => this.explanations.get(`${service}/${id}`),
      },
      owners: new KeyOwners((service) => this.published.get(service)),
      nodes: () => this.nodes,
      algorithms: WEIGHT_POLICIES,
      clock: systemClock,
      rng: seededRng(1),
      logger: silentLogger,
      metrics: this.metrics,
      version: "0.0.0-test",
      limits,
    });
    this.#server = new ApiServer({
      name: "api",
      app,
      host: "127.0.0.1",
      port: 0,
      flag: "--api-address",
      clock: systemClock,
      logger: silentLogger,
      graceMs: 200,
    });
  }

  /** As if the publisher had sent this plan to proxies. @param tableSize of the hash table */
  publish(plan: WeightPlan, tableSize?: number): void {
    const snapshot = this.registry.services.get(plan.service);
    if (!snapshot) throw new Error(`no service ${plan.service}`);
    this.published.set(plan.service, publishedOf(snapshot, plan, tableSize));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  async start(): Promise<void> {
    await this.registry.start();
    await this.freezes.start();
    await this.routes.start();
    await this.#server.start();
  }

  async stop(): Promise<void> {
    await this.#server.stop();
    await this.freezes.stop();
    await this.registry.stop();
    await this.store.close();
  }

  async send(method: string, path: string, options: SendOptions = {}): Promise<Reply> {
    const body = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    const headers = { ...(body === undefined ? {} : { "content-type": "application/json" }), ...options.headers };
    const response = await fetch(this.url + path, { method, headers, ...(body === undefined ? {} : { body }) });
    const text = await response.text();
    const reply = {
      status: response.status,
      headers: response.headers,
      body: text === "" ? undefined : JSON.parse(text),
    };
    checkAgainstTable(method, path, reply);
    return reply;
  }

  put(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.send("PUT", path, { body, headers });
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.send("GET", path, { headers });
  }
}

/** A registration that needs no more. */
export const spec = (over: object = {}): object => ({ address: "10.0.0.1", port: 8080, ...over });

/** A problem answer with this code; gives its field pointers. */
export function pointersOf(reply: Reply, status: number, code: string): string[] {
  expect({ status: reply.status, code: reply.body?.code }).toEqual({ status, code });
  return reply.body.errors.map((error: { pointer: string }) => error.pointer);
}

function checkAgainstTable(method: string, path: string, reply: Reply): void {
  const pathname = path.replace(/\?.*/, "");
  const matches = (route: Route) => new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(pathname);
  const route: Route | undefined = ROUTES.find(
    (candidate) => candidate.method === method.toLowerCase() && matches(candidate),
  );
  expect(reply.headers.get("x-request-id")).toMatch(/./);
  if (reply.status >= 400) {
    expect(reply.headers.get("content-type")).toMatch(/^application\/problem\+json/);
    const problem = problemAnswerSchema.parse(reply.body);
    expect(problem.status).toBe(reply.status);
    if (route) expect(problemsOf(route)).toContain(problem.code);
  } else if (route && reply.status !== 304) {
    const declared = route.replies.find(({ status }) => status === reply.status);
    expect(declared?.status).toBe(reply.status);
    if (declared?.schema) declared.schema.parse(reply.body);
    else expect(reply.body).toBeUndefined();
  }
}
