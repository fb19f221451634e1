// Between Envoy's load reports and the control server: a gRPC proxy for StreamLoadStats that can lose messages or change
// them. For tests of what happens when telemetry is bad; the product itself has no such hook.
import {
  Client,
  type ClientDuplexStream,
  credentials,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
} from "@grpc/grpc-js";
import { LoadReportingServiceService, type LoadStatsRequest } from "../../src/gen/envoy/service/load_stats/v3/lrs.js";

/** What to send on instead; undefined = nothing: the message is lost. */
export type OnLoadReport = (report: LoadStatsRequest) => LoadStatsRequest | undefined;

export interface LoadReportTapOptions {
  /** `HOST:PORT` of the control server's gRPC port for data planes. */
  readonly upstream: string;
  /** Asked for each message but the first of a stream: without that, no reporting would begin. */
  readonly onReport: OnLoadReport;
}

const { path, requestSerialize, responseDeserialize } = LoadReportingServiceService.streamLoadStats;

export class LoadReportTap {
  readonly port: number;
  readonly #server: Server;
  readonly #client: Client;

  private constructor(server: Server, client: Client, port: number) {
    this.#server = server;
    this.#client = client;
    this.port = port;
  }

  /** Listens on any free port of loopback. */
  static async start({ upstream, onReport }: LoadReportTapOptions): Promise<LoadReportTap> {
    const client = new Client(upstream, credentials.createInsecure());
    const server = new Server();
    const handlers = {
      streamLoadStats: (call: ServerDuplexStream<LoadStatsRequest, unknown>) => relay(call, client, onReport),
    };
    server.addService({ streamLoadStats: LoadReportingServiceService.streamLoadStats }, handlers);
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    return new LoadReportTap(server, client, port);
  }

  async stop(): Promise<void> {
    this.#server.forceShutdown();
    this.#client.close();
  }
}

function relay(down: ServerDuplexStream<LoadStatsRequest, unknown>, client: Client, onReport: OnLoadReport): void {
  const up = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize) as ClientDuplexStream<
    LoadStatsRequest,
    unknown
  >;
  let first = true;
  down.on("data", (report: LoadStatsRequest) => {
    const sent = first ? report : onReport(report);
    first = false;
    if (sent !== undefined) up.write(sent);
  });
  down.on("end", () => up.end());
  down.on("cancelled", () => up.cancel());
  down.on("error", () => up.cancel());
  up.on("data", (response: unknown) => down.write(response));
  up.on("end", () => down.end());
  up.on("error", () => down.end()); // Envoy opens a new stream, as it does when the server itself is away
}
