// A real XdsServer on an ephemeral port, its cache, and the clients of one test; everything is closed at the end.
import { ManualClock } from "../../src/runtime/manual-clock.js";
import { ResourceCache, type ResourceId, TYPE_URLS, XdsServer, type XdsServerOptions } from "../../src/xds/index.js";
import { AdsClient, type AdsClientOptions } from "./ads-client.js";
import { MetricRecorder } from "./metric-recorder.js";
import { namedBytes } from "./xds-messages.js";

export const AUDIENCE = "everyone";

/** Label of the per-type service of a type. */
export const SERVICE_OF = new Map<string, string>([
  [TYPE_URLS.cluster, "cds"],
  [TYPE_URLS.endpoint, "eds"],
  [TYPE_URLS.listener, "lds"],
  [TYPE_URLS.route, "rds"],
  [TYPE_URLS.secret, "sds"],
  [TYPE_URLS.localityEndpoint, "leds"],
  [TYPE_URLS.extensionConfig, "ecds"],
]);

export type XdsRigOptions = Partial<XdsServerOptions>;

export class XdsRig {
  readonly cache = new ResourceCache();
  readonly clock = new ManualClock(1_000);
  readonly metrics = new MetricRecorder();
  readonly server: XdsServer;
  readonly #clients: AdsClient[] = [];
  #port = 0;

  constructor(options: XdsRigOptions = {}) {
    const { cache, clock, metrics } = this;
    this.server = new XdsServer({ cache, audienceOf: () => AUDIENCE, clock, metrics, ...options });
  }

  static async start(options: XdsRigOptions = {}): Promise<XdsRig> {
    const rig = new XdsRig(options);
    rig.#port = (await rig.server.listen({ host: "127.0.0.1", port: 0 })).port;
    return rig;
  }

  get port(): number {
    return this.#port;
  }

  client(options: Omit<AdsClientOptions, "port">): AdsClient {
    const client = new AdsClient({ port: this.#port, ...options });
    this.#clients.push(client);
    return client;
  }

  put(typeUrl: string, contents: Readonly<Record<string, string>>, refs: readonly ResourceId[] = []): void {
    const upsert = Object.entries(contents).map(([name, content]) => ({
      typeUrl,
      name,
      bytes: namedBytes(name, content),
      refs,
    }));
    this.cache.apply(AUDIENCE, { upsert });
  }

  remove(typeUrl: string, ...names: readonly string[]): void {
    this.cache.apply(AUDIENCE, { remove: names.map((name) => ({ typeUrl, name })) });
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.server.close();
  }
}

/** Waits until `holds`, without a fixed sleep; fails after `timeoutMs`. */
export async function until(holds: () => boolean, what: string, timeoutMs = 5_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
