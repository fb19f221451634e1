// One run of one contender on one workload, in fresh processes: the server on core 0, the swarm on core 1.
import type { Contender } from "./contenders.js";
import { type Command, LineProcess } from "./line-process.js";
import type { Workload } from "./workloads.js";

export interface Measurement {
  /** CPU of the server from the first connect until every stream had its first answer and had acknowledged it. */
  readonly connectCpuMs: number;
  /** Until the last client had all of its first answer. */
  readonly connectServedMs: number;
  /** Resident memory that each idle stream added, after the first answer. */
  readonly idleBytesPerStream: number;
  /** CPU per push and receiving stream, acknowledgement included; 0 without pushes. */
  readonly cpuUs: number;
  /** Median over pushes: from the change until the median, the last stream has it. */
  readonly p50Ms: number;
  readonly lastMs: number;
  /** Median over pushes of the time that the change itself took. */
  readonly blockMs: number;
  readonly rssPeakBytes: number;
  /** Growth of resident memory over the measured pushes. */
  readonly rssGrowthBytes: number;
  /** Share of its core that the swarm used while pushes were measured. */
  readonly swarmBusy: number;
}

const SERVER_CORE = 0;
const SWARM_CORE = 1;

export async function measure(
  contender: Contender,
  workload: Workload,
  swarm: string,
  tls: { readonly cert: string; readonly key: string } | undefined,
): Promise<Measurement> {
  const size = ["--clusters", `${workload.clusters}`, "--endpoints", `${workload.endpoints}`];
  const secure = workload.tls && tls ? ["--cert", tls.cert, "--key", tls.key] : [];
  const { file, args } = contender.server;
  const server = new LineProcess({ file, args: [...args, ...size, ...secure] }, SERVER_CORE);
  try {
    const { port } = await server.next();
    const clients = new LineProcess(swarmCommand(swarm, Number(port), workload), SWARM_CORE);
    try {
      return await run(server, clients, workload);
    } finally {
      await clients.stop();
    }
  } finally {
    await server.stop();
  }
}

function swarmCommand(file: string, port: number, workload: Workload): Command {
  const { streams, variant, clusters, names, tls } = workload;
  const numbers = ["--streams", `${streams}`, "--clusters", `${clusters}`, "--names", `${names}`];
  return {
    file,
    args: ["--address", `127.0.0.1:${port}`, "--variant", variant, ...numbers, ...(tls ? ["--tls"] : [])],
  };
}

async function run(server: LineProcess, swarm: LineProcess, workload: Workload): Promise<Measurement> {
  const { streams, clusters, names, stopped = 0, warmUpPushes, pushes, intervalMs } = workload;
  const { warmUpIntervalMs = intervalMs } = workload;
  await server.quiet();
  const rssBefore = server.memoryBytes("VmRSS");
  const cpuBefore = server.cpuNs();
  swarm.say(`expect ${streams * names}`);
  await swarm.next();
  swarm.say("connect");
  const { fromNs } = await swarm.next();
  const served = await swarm.next(120_000);
  await server.quiet();
  const connected = {
    connectCpuMs: (server.cpuNs() - cpuBefore) / 1e6,
    connectServedMs: (Number(served["lastNs"]) - Number(fromNs)) / 1e6,
    idleBytesPerStream: (server.memoryBytes("VmRSS") - rssBefore) / streams,
  };
  if (stopped > 0) {
    swarm.say(`stop ${stopped}`);
    await swarm.next();
  }
  const receivers = Math.round((streams * names) / clusters) - stopped;
  const push = (index: number) => pushOnce(server, swarm, index, receivers);
  const pace = async (count: number, leastMs: number): Promise<readonly Pushed[]> => {
    const results: Pushed[] = [];
    for (let index = 0; index < count; index++) {
      const startMs = performance.now();
      results.push(await push(index % clusters));
      const restMs = leastMs - (performance.now() - startMs);
      if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
    }
    return results;
  };
  await pace(warmUpPushes, warmUpIntervalMs);
  await server.quiet();
  const rssWarm = server.memoryBytes("VmRSS");
  const [cpuWarm, swarmWarm, warmMs] = [server.cpuNs(), swarm.cpuNs(), performance.now()];
  const results = await pace(pushes, intervalMs);
  const wallMs = performance.now() - warmMs;
  const swarmBusy = (swarm.cpuNs() - swarmWarm) / 1e6 / wallMs;
  await server.quiet();
  return {
    ...connected,
    cpuUs: pushes === 0 ? 0 : (server.cpuNs() - cpuWarm) / 1e3 / pushes / receivers,
    p50Ms: median(results.map(({ p50Ms }) => p50Ms)),
    lastMs: median(results.map(({ lastMs }) => lastMs)),
    blockMs: median(results.map(({ blockMs }) => blockMs)),
    rssPeakBytes: server.memoryBytes("VmHWM"),
    rssGrowthBytes: server.memoryBytes("VmRSS") - rssWarm,
    swarmBusy: pushes === 0 ? 0 : swarmBusy,
  };
}

interface Pushed {
  readonly p50Ms: number;
  readonly lastMs: number;
  readonly blockMs: number;
}

async function pushOnce(server: LineProcess, swarm: LineProcess, index: number, receivers: number): Promise<Pushed> {
  swarm.say(`expect ${receivers}`);
  await swarm.next();
  server.say(`push ${index}`);
  const { fromNs, toNs } = await server.next();
  const { p50Ns, lastNs } = await swarm.next();
  const sinceMs = (ns: unknown): number => (Number(ns) - Number(fromNs)) / 1e6;
  return { p50Ms: sinceMs(p50Ns), lastMs: sinceMs(lastNs), blockMs: sinceMs(toNs) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
