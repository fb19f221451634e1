// Reads the control server's REST interface as any outsider would: what is on the screen is what users can ask for.
import { z } from "zod";

const weightsSchema = z.object({
  service: z.string(),
  revision: z.number(),
  mode: z.string(),
  policy: z.string(),
  signalMode: z.string(),
  endpoints: z.array(
    z.object({
      instance: z.string(),
      address: z.string(),
      port: z.number(),
      weight: z.number(),
      share: z.number(),
      measuredShare: z.number().optional(),
      health: z.string(),
      reasons: z.array(z.string()).default([]),
    }),
  ),
});

const explanationSchema = z.object({
  factors: z.array(z.object({ name: z.string(), value: z.number().positive(), note: z.string().optional() })),
});

export type Explanation = z.output<typeof explanationSchema>;
export type ServiceWeights = z.output<typeof weightsSchema>;
export type EndpointWeight = ServiceWeights["endpoints"][number];

export class ControlApi {
  /** `http://127.0.0.1:18080` */
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** @throws Error when the server does not answer, knows no such service, or answers something else */
  async weights(service: string): Promise<ServiceWeights> {
    return weightsSchema.parse(await this.get(`/v1/services/${service}/weights`));
  }

  /** @throws as `weights` does */
  async explanation(service: string, instance: string): Promise<Explanation> {
    return explanationSchema.parse(await this.get(`/v1/services/${service}/instances/${instance}/explanation`));
  }

  /** Any resource, unchecked. @throws Error with the body when the status is no success */
  async get(path: string): Promise<unknown> {
    return this.send("GET", path);
  }

  /** @throws Error with the body when the status is no success */
  async send(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      signal: AbortSignal.timeout(5_000),
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 500)}`);
    return text === "" ? undefined : JSON.parse(text);
  }
}
