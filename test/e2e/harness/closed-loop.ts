// A closed loop of requests: a number of callers, each of which sends its next request when it has its answer. For tests
// that count what became of every single request; how long they took is not theirs to ask.
import { Agent, request } from "node:http";

export interface KeyedRequest {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Loopback address to come from. */
  readonly localAddress?: string;
}

export interface ClosedLoopOptions {
  readonly port: number;
  /** Host header. */
  readonly service: string;
  /** Requests in all. */
  readonly count: number;
  /** Requests under way at a time; default 1, and so in order. */
  readonly callers?: number;
  readonly requestOf?: (index: number) => KeyedRequest;
}

export interface ClosedLoopAnswer {
  /** 0 = none. */
  readonly status: number;
  /** `x-backend`; "" without one. */
  readonly backend: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

const TIMEOUT_MS = 20_000;
const NO_ANSWER: ClosedLoopAnswer = { status: 0, backend: "", headers: {} };

/** Answers in the order of the requests. */
export async function closedLoop(options: ClosedLoopOptions): Promise<readonly ClosedLoopAnswer[]> {
  const { port, service, count, callers = 1, requestOf = () => ({}) } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const answers: ClosedLoopAnswer[] = [];
  let next = 0;
  const call = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      answers[index] = await send(agent, port, service, requestOf(index));
    }
  };
  try {
    await Promise.all(Array.from({ length: callers }, call));
  } finally {
    agent.destroy();
  }
  return answers;
}

function send(agent: Agent, port: number, host: string, given: KeyedRequest): Promise<ClosedLoopAnswer> {
  const { path = "/", headers = {}, localAddress } = given;
  return new Promise((resolve) => {
    const outgoing = request({
      host: "127.0.0.1",
      port,
      path,
      agent,
      headers: { ...headers, host },
      timeout: TIMEOUT_MS,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    outgoing.once("timeout", () => outgoing.destroy());
    outgoing.once("error", () => resolve(NO_ANSWER));
    outgoing.once("response", (response) => {
      const { statusCode: status = 0, headers: received } = response;
      const backend = received["x-backend"];
      response.once("end", () =>
        resolve({ status, backend: typeof backend === "string" ? backend : "", headers: received }),
      );
      response.once("error", () => resolve(NO_ANSWER));
      response.resume();
    });
    outgoing.end();
  });
}

/** How many of the answers each backend gave. */
export function countsOf(answers: readonly ClosedLoopAnswer[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { backend } of answers) counts.set(backend, (counts.get(backend) ?? 0) + 1);
  return counts;
}

/** Answers that are no success. */
export function failuresOf(answers: readonly ClosedLoopAnswer[]): readonly ClosedLoopAnswer[] {
  return answers.filter(({ status }) => status !== 200);
}
