// Somebody else's control plane, which owns clusters and listeners: go-control-plane, built from bench/peers when a test asks.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Child } from "../../../envoy/lab/child.js";
import { freePort } from "../../../envoy/lab/ports.js";
import { REPOSITORY } from "../../../envoy/lab/repository.js";

const SOURCES = join(REPOSITORY, "bench", "peers", "go-control-plane");

export interface OwnerBuild {
  /** Path of the program; undefined = it cannot be had here. */
  readonly program?: string;
  readonly reason: string;
}

/** @throws Error when it could be built here, and does not compile */
export function buildOwner(): OwnerBuild {
  const go = (...args: readonly string[]) => spawnSync("go", args, { cwd: SOURCES, encoding: "utf8" });
  if (go("version").status !== 0) return { reason: "there is no Go tool chain" };
  const modules = go("list", "-deps", "./owner");
  if (modules.status !== 0) return { reason: `no Go modules: ${modules.stderr.trim().slice(-200)}` };
  const folder = join(REPOSITORY, ".cache", "go");
  mkdirSync(folder, { recursive: true });
  const program = join(folder, "owner");
  const built = go("build", "-trimpath", "-o", program, "./owner");
  if (built.status !== 0) throw new Error(`the owner does not compile:\n${built.stderr}`);
  return { program, reason: "" };
}

export class Owner {
  readonly #program: string;
  readonly #folder: string;
  readonly port: number;
  #child: Child | undefined;

  private constructor(program: string, folder: string, port: number) {
    this.#program = program;
    this.#folder = folder;
    this.port = port;
  }

  /** @param resources in proto JSON */
  static async start(
    program: string,
    folder: string,
    resources: { readonly clusters: readonly unknown[]; readonly listeners: readonly unknown[] },
  ): Promise<Owner> {
    const port = await freePort();
    for (const [name, content] of Object.entries(resources)) {
      writeFileSync(join(folder, `${name}.json`), JSON.stringify(content));
    }
    const owner = new Owner(program, folder, port);
    await owner.startAgain();
    return owner;
  }

  /** A new process at the same port, with the same resources; serves when resolved. @throws Error with its last words */
  async startAgain(): Promise<void> {
    const file = (name: string) => join(this.#folder, `${name}.json`);
    const child = new Child({
      name: "the owner of clusters",
      command: this.#program,
      args: ["--address", `127.0.0.1:${this.port}`, "--clusters", file("clusters"), "--listeners", file("listeners")],
      logFile: join(this.#folder, "owner.log"),
    });
    this.#child = child;
    await child.ready(async () => (child.lastLines(1).includes("listening") ? true : undefined), {
      deadlineMs: 10_000,
    });
  }

  /** kill -9. */
  async crash(): Promise<void> {
    await this.#child?.crash();
  }

  async stop(): Promise<void> {
    await this.#child?.stop();
  }
}
