// `steelyard register SERVICE … [-- COMMAND]`: a side-car for programs that cannot register themselves. With a command
// it starts the program, sends it traffic once its port accepts, and drains it before passing on a signal.
import { isIP } from "node:net";
import { type Command, InvalidArgumentError } from "commander";
import type { InstanceId, ServiceName } from "../../model/ids.js";
import { ApiClient } from "../api-client.js";
import type { CliContext, StopSignal } from "../context.js";
import { collectPair, integer, parseId, parseService, withServer } from "../options.js";
import { SideCar } from "../side-car.js";

const PORT_POLL_MS = 200;

interface RegisterOptions {
  readonly server: string;
  readonly id: InstanceId;
  readonly address: string;
  readonly port: number;
  readonly weight?: number;
  readonly priority?: number;
  readonly region?: string;
  readonly zone?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly ttl?: number;
  readonly drainTimeout: number;
}

export function addRegister(program: Command, context: CliContext, onExit: (code: number) => void): void {
  withServer(
    program.command("register").description("register an instance and keep it registered until stopped"),
    context,
  )
    .argument("<service>", "name of the service", parseService)
    .argument("[command...]", "after --: program to run; its exit code is the exit code")
    .requiredOption("--id <id>", "name of the instance, unique in its service", parseId)
    .requiredOption("--address <ip>", "IP address where the instance serves", parseAddress)
    .requiredOption("--port <port>", "its port", integer(1, 65_535))
    .option("--weight <n>", "relative capacity, 1 to 65535 (server's default: 100)", integer(1, 65_535))
    .option("--priority <n>", "0 is the most preferred", integer(0, 128))
    .option("--region <region>", "where it runs")
    .option("--zone <zone>", "where it runs")
    .option("--metadata <key=value>", "free text, may be repeated", collectPair)
    .option("--ttl <seconds>", "silence until it counts as suspect (server's default: 30)", integer(5, 3_600))
    .option(
      "--drain-timeout <seconds>",
      "longest time from the stop signal to the end; it ends sooner once nothing is in flight",
      integer(0, 3_600),
      30,
    )
    .action(async (service: ServiceName, command: readonly string[], options: RegisterOptions) => {
      onExit(await register(service, command, options, context));
    });
}

async function register(
  service: ServiceName,
  command: readonly string[],
  options: RegisterOptions,
  context: CliContext,
): Promise<number> {
  const [executable, ...args] = command;
  const sideCar = new SideCar(
    {
      client: new ApiClient(options.server, context),
      context,
      service,
      id: options.id,
      registration: registrationOf(options, context.newGeneration()),
      log: (line) => void context.stderr.write(`steelyard: ${line}\n`),
    },
    executable === undefined ? "ready" : "starting",
  );
  const ending = new Ending(context);
  try {
    const waitMs = await sideCar.beat(); // a refusal ends it here, before the program is started
    const child = executable === undefined ? undefined : context.spawn(executable, args);
    if (child) {
      void child.exited.then(() => ending.now());
      void reportReady(sideCar, options, context, ending.begun);
    }
    await sideCar.run(waitMs, ending.begun, child ? "retry" : "throw");
    if (!ending.hurried.aborted) await sideCar.drain(options.drainTimeout, ending.hurried);
    child?.kill(ending.signal);
    const code = await child?.exited;
    await sideCar.deregister();
    return code ?? 0;
  } finally {
    ending.release();
  }
}

/** The first signal begins the end, a second one or the end of the program hurries it. */
class Ending {
  readonly #begun = new AbortController();
  readonly #hurried = new AbortController();
  readonly #release: () => void;
  #signal: StopSignal = "SIGTERM";

  constructor({ onStop }: Pick<CliContext, "onStop">) {
    this.#release = onStop((signal) => {
      if (this.#begun.signal.aborted) this.#hurried.abort();
      this.#signal = signal;
      this.#begun.abort();
    });
  }

  get begun(): AbortSignal {
    return this.#begun.signal;
  }

  get hurried(): AbortSignal {
    return this.#hurried.signal;
  }

  /** What to pass on to the program. */
  get signal(): StopSignal {
    return this.#signal;
  }

  now(): void {
    this.#hurried.abort();
    this.#begun.abort();
  }

  release(): void {
    this.now();
    this.#release();
  }
}

async function reportReady(
  sideCar: SideCar,
  { address, port }: RegisterOptions,
  context: CliContext,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    if (await context.accepts(address, port)) {
      sideCar.ready();
      return;
    }
    await context.sleep(PORT_POLL_MS, stop);
  }
}

function registrationOf(
  options: RegisterOptions,
  generation: string,
): Readonly<Record<string, unknown>> & { readonly generation: string } {
  const { address, port, weight, priority, region, zone, metadata, ttl } = options;
  const located = region !== undefined || zone !== undefined;
  return {
    address,
    port,
    generation,
    ...(weight !== undefined && { weight }),
    ...(priority !== undefined && { priority }),
    ...(located && { locality: { region: region ?? "", zone: zone ?? "" } }),
    ...(metadata && { metadata }),
    ...(ttl !== undefined && { ttlSeconds: ttl }),
  };
}

function parseAddress(text: string): string {
  if (isIP(text) !== 0) return text;
  throw new InvalidArgumentError("It must be an IP address; host names are not resolved.");
}
