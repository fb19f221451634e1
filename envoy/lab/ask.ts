// One HTTP request with a Host header of our choice, which fetch does not allow.
import { request } from "node:http";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Ask {
  readonly port: number;
  /** Host header. */
  readonly host: string;
  readonly path?: string;
  /** Default GET; without a body in any case. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default 5,000. */
  readonly timeoutMs?: number;
}

/** One request over loopback on a connection of its own. @throws Error when there is no whole answer in time */
export function ask({ port, host, path = "/", method = "GET", headers = {}, timeoutMs = 5_000 }: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: "127.0.0.1",
      port,
      path,
      method,
      agent: false,
      headers: { ...headers, host },
      signal: AbortSignal.timeout(timeoutMs),
    });
    outgoing.once("error", reject);
    outgoing.once("response", (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
      });
      response.once("error", reject);
      response.once("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    outgoing.end();
  });
}
