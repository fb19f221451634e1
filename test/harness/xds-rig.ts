// A real XdsServer on an ephemeral port, its cache, and the clients of one test; everything is closed at the end.
import { Server, ServerCredentials } from "@grpc/grpc-js";
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

/** How a stream's bytes get in and out; clients must not be able to tell. Also the metric label of each. */
export const PATHS = ["direct", "http2", "grpc-js"] as const;

export interface XdsRigOptions extends Partial<XdsServerOptions> {
  /** Default: `direct`. */
  readonly path?: (typeof PATHS)[number];
}

export class XdsRig {
  readonly cache = new ResourceCache();
  readonly clock = new ManualClock(1_000);
  readonly metrics = new MetricRecorder();
  readonly server: XdsServer;
  readonly #clients: AdsClient[] = [];
  #port = 0;
  #host: Server | undefined;

  constructor({ path, ...options }: XdsRigOptions = {}) {
    const { cache, clock, metrics } = this;
    const writePath = path === "grpc-js" ? "grpc-js" : "http2";
    this.server = new XdsServer({ cache, audienceOf: () => AUDIENCE, clock, metrics, writePath, ...options });
  }

  static async start(options: XdsRigOptions = {}): Promise<XdsRig> {
    const rig = new XdsRig(options);
    if (options.path === "http2") await rig.#listenAsGuest(new Server({ "grpc.enable_channelz": 0 }));
    else rig.#port = (await rig.server.listen({ host: "127.0.0.1", port: 0 })).port;
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
    const host = this.#host;
    if (!host) return;
    await new Promise<void>((resolve) => host.tryShutdown(() => resolve()));
  }

  /** On a server that is somebody else's, whose calls are all made by grpc-js. */
  async #listenAsGuest(host: Server): Promise<void> {
    this.#host = host;
    this.server.addTo(host);
    this.#port = await new Promise<number>((resolve, reject) => {
      host.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
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
