// Registers on behalf of a process that can't: PUT, heartbeat at the server's cadence, drain and deregister at the end.
// Invariants: a server that is away is waited for with back-off and jitter, never given up; one that has forgotten the
// instance gets a new registration; no answer of the server ever ends a program that runs.
import type { HeartbeatAnswer, InstanceAnswer } from "../api/answers.js";
import { SteelyardError } from "../model/errors.js";
import { type ApiClient, ServerProblem } from "./api-client.js";
import type { CliContext } from "./context.js";
import type { InstanceRef } from "./options.js";

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;
/** Cadence if an answer should ever lack one. */
const FALLBACK_BEAT_MS = 10_000;
/** How often a draining instance asks whether it may go. */
const DRAIN_BEAT_MS = 1_000;

export interface SideCarOptions extends InstanceRef {
  readonly client: ApiClient;
  readonly context: Pick<CliContext, "sleep" | "random">;
  /** Body of the registration, without status. */
  readonly registration: Readonly<Record<string, unknown>> & { readonly generation: string };
  readonly log: (line: string) => void;
}

export class SideCar {
  readonly #options: SideCarOptions;
  readonly #path: string;
  #status: "starting" | "ready";
  #registered = false;
  #failures = 0;
  #wake = new AbortController();

  constructor(options: SideCarOptions, status: "starting" | "ready") {
    this.#options = options;
    this.#path = `/v1/services/${options.service}/instances/${encodeURIComponent(options.id)}`;
    this.#status = status;
  }

  /** Tells the server at once that the instance takes traffic from now on. */
  ready(): void {
    this.#status = "ready";
    this.#wake.abort();
  }

  /**
   * One registration or heartbeat. @returns when the next is due, milliseconds
   * @throws ServerProblem when the server refuses and a repetition would not help
   */
  async beat(): Promise<number> {
    try {
      const { heartbeatAfterMs } = this.#registered ? await this.#heartbeat() : await this.#register();
      if (this.#failures > 0) this.#options.log("the server answers again");
      this.#failures = 0;
      return heartbeatAfterMs ?? FALLBACK_BEAT_MS;
    } catch (error) {
      if (this.#registered && error instanceof ServerProblem && error.status === 404) {
        this.#registered = false;
        this.#options.log("the server no longer knows the instance, registering again");
        return 0;
      }
      if (!isTransient(error)) throw error;
      if (this.#failures === 0) this.#options.log(`${error.message}; trying again`);
      return this.#backOff();
    }
  }

  /**
   * Beats until stopped, first after `waitMs`. A refusal throws as in `beat`, unless a program runs that must not go
   * down with its registration: then it is told and tried again.
   */
  async run(waitMs: number, stop: AbortSignal, onRefusal: "throw" | "retry"): Promise<void> {
    for (let pauseMs = waitMs; ; pauseMs = await this.#next(onRefusal)) {
      await this.#options.context.sleep(pauseMs, AbortSignal.any([stop, this.#wake.signal]));
      if (stop.aborted) return;
      this.#wake = new AbortController();
    }
  }

  /**
   * Asks for no new requests, then beats until the server has removed the instance, for nothing is in flight there: at most
   * `timeoutSeconds`, and until `skip` is aborted.
   */
  async drain(timeoutSeconds: number, skip: AbortSignal): Promise<void> {
    await this.#attempt("drain", { method: "POST", body: { timeoutSeconds } }, "/drain");
    for (let leftMs = timeoutSeconds * 1_000; leftMs > 0; leftMs -= DRAIN_BEAT_MS) {
      await this.#options.context.sleep(Math.min(leftMs, DRAIN_BEAT_MS), skip);
      if (skip.aborted || (await this.#isRemoved())) return;
    }
  }

  async deregister(): Promise<void> {
    const generation = encodeURIComponent(this.#options.registration.generation);
    if (await this.#attempt("deregister", { method: "DELETE" }, `?generation=${generation}`))
      this.#options.log("deregistered");
  }

  async #next(onRefusal: "throw" | "retry"): Promise<number> {
    try {
      return await this.beat();
    } catch (error) {
      if (onRefusal === "throw" || !(error instanceof ServerProblem)) throw error;
      if (this.#failures === 0)
        this.#options.log(`${error.message} (${error.code}); the program runs on, trying again`);
      this.#registered = false;
      this.#failures += 1;
      return LAST_RETRY_MS;
    }
  }

  async #register(): Promise<{ readonly heartbeatAfterMs?: number | undefined }> {
    const { client, registration, service, id } = this.#options;
    const body = { ...registration, status: this.#status };
    const { lease } = await client.send<InstanceAnswer>(this.#path, { method: "PUT", body });
    this.#registered = true;
    this.#options.log(`registered ${service}/${id} with ${client.server}, ${this.#status}`);
    return lease;
  }

  #heartbeat(): Promise<HeartbeatAnswer> {
    const body = { generation: this.#options.registration.generation, status: this.#status };
    return this.#options.client.send<HeartbeatAnswer>(`${this.#path}/heartbeat`, { method: "PUT", body });
  }

  /** A server that does not answer says nothing about what is in flight. */
  async #isRemoved(): Promise<boolean> {
    try {
      await this.#heartbeat();
      return false;
    } catch (error) {
      return error instanceof ServerProblem && error.status === 404;
    }
  }

  /** On the way out nothing is worth failing for: the lease ends by itself. */
  async #attempt(
    what: string,
    request: { readonly method: "POST" | "DELETE"; readonly body?: unknown },
    suffix: string,
  ): Promise<boolean> {
    try {
      await this.#options.client.send(this.#path + suffix, request);
      return true;
    } catch (error) {
      if (!(error instanceof ServerProblem && error.status === 404))
        this.#options.log(`could not ${what}: ${String(error)}`);
      return false;
    }
  }

  #backOff(): number {
    const fullMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures);
    this.#failures += 1;
    return fullMs * (0.5 + this.#options.context.random() / 2);
  }
}

function isTransient(error: unknown): error is Error {
  if (error instanceof SteelyardError) return error.code === "ERR_SERVER_UNREACHABLE";
  return error instanceof ServerProblem && (error.status >= 500 || error.status === 429);
}
