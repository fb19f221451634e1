// A backend's side of the registry: PUT, heartbeats at the pace the server asks for, drain and DELETE on the way out.
// A server that is away is retried for ever; one that has forgotten us is told again.
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { until } from "./until.js";

export interface RegistrationOptions {
  /** `http://127.0.0.1:18080` */
  readonly apiUrl: string;
  readonly service: string;
  readonly id: string;
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** Registered relative capacity; default: the server's. */
  readonly weight?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  /** 0 is the most preferred, and the default. */
  readonly priority?: number;
  readonly locality?: { readonly region: string; readonly zone: string };
}

/** What an instance says of itself. */
export type RegistrationStatus = "starting" | "ready" | "degraded" | "draining";

const leaseSchema = z.object({ heartbeatAfterMs: z.number().min(100).max(3_600_000).optional() });
const answerSchema = z.object({ lease: leaseSchema.optional(), heartbeatAfterMs: z.number().optional() });

const RETRY_MS = 500;
const FALLBACK_BEAT_MS = 10_000;

export class Registration {
  readonly #options: RegistrationOptions;
  readonly #url: string;
  readonly #generation = randomUUID();
  #timer: NodeJS.Timeout | undefined;
  #gone = false;
  #draining = false;
  #status: RegistrationStatus = "ready";

  constructor(options: RegistrationOptions) {
    this.#options = options;
    this.#url = `${options.apiUrl}/v1/services/${options.service}/instances/${options.id}`;
  }

  /** Registers and begins to beat. @throws Error with the server's problem document when it refuses */
  async start(): Promise<void> {
    await this.#register();
  }

  /** Asks the server for no new requests, in steps if wished; those in flight go on. Beats continue until it is forgotten. */
  async drain({ timeoutSeconds = 30, rampSeconds = 0 } = {}): Promise<void> {
    this.#draining = true;
    await this.#call("POST", `${this.#url}/drain`, { timeoutSeconds, rampSeconds });
  }

  /** Drains, and resolves once the server has removed the instance: now it may stop. */
  async leave(options?: { readonly timeoutSeconds?: number; readonly rampSeconds?: number }): Promise<void> {
    await this.drain(options);
    await until(async () => ((await this.isRegistered()) ? undefined : true), {
      what: `${this.#options.id} has drained`,
      deadlineMs: 60_000,
      everyMs: 50,
    });
    this.silence();
  }

  async isRegistered(): Promise<boolean> {
    const response = await fetch(this.#url, this.#request("GET", undefined));
    await response.body?.cancel();
    return response.ok;
  }

  /** Says something else of itself with the next beat, which is now. */
  async say(status: RegistrationStatus): Promise<void> {
    this.#status = status;
    await this.#call("PUT", `${this.#url}/heartbeat`, { generation: this.#generation, status });
  }

  /** Stops beating without a word, as a crash would. */
  silence(): void {
    this.#gone = true;
    clearTimeout(this.#timer);
  }

  /** Deregisters and stops beating. */
  async stop(): Promise<void> {
    this.silence();
    await this.#call("DELETE", this.#url, undefined);
  }

  async #register(): Promise<void> {
    const { address = "127.0.0.1", port, weight, metadata, priority, locality } = this.#options;
    const body = {
      address,
      port,
      generation: this.#generation,
      status: this.#status,
      ...(priority === undefined ? {} : { priority }),
      ...(locality === undefined ? {} : { locality }),
      ...(weight === undefined ? {} : { weight }),
      ...(metadata === undefined ? {} : { metadata }),
    };
    const answer = await this.#call("PUT", this.#url, body);
    this.#beatAfter(answer.lease?.heartbeatAfterMs ?? FALLBACK_BEAT_MS);
  }

  async #beat(): Promise<void> {
    try {
      const response = await fetch(`${this.#url}/heartbeat`, this.#request("PUT", { generation: this.#generation }));
      if (response.status === 404) {
        await response.body?.cancel();
        if (this.#draining) return; // drained: it has left
        await this.#register();
        return;
      }
      const answer = answerSchema.safeParse(await response.json());
      const afterMs = answer.data?.lease?.heartbeatAfterMs ?? answer.data?.heartbeatAfterMs ?? FALLBACK_BEAT_MS;
      this.#beatAfter(response.ok ? afterMs : RETRY_MS);
    } catch {
      this.#beatAfter(RETRY_MS); // the server is away: it keeps us, and we keep asking
    }
  }

  #beatAfter(delayMs: number): void {
    if (this.#gone) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#beat(), delayMs);
    this.#timer.unref();
  }

  async #call(method: string, url: string, body: unknown): Promise<z.infer<typeof answerSchema>> {
    const response = await fetch(url, this.#request(method, body));
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text.slice(0, 500)}`);
    return text === "" ? {} : answerSchema.parse(JSON.parse(text));
  }

  #request(method: string, body: unknown): RequestInit {
    const signal = AbortSignal.timeout(5_000);
    if (body === undefined) return { method, signal };
    return { method, signal, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  }
}
