// The process of all backends. It is told what happens over HTTP, so that whoever plays with `--keep` uses the same
// switches as the scenes: POST /backends/NAME/slow?factor=10, /fail?fraction=1, /heal, /join?slots=2, /drain, /leave.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listenOnLoopback } from "../lab/listen.js";
import { MEMBERS } from "./cast.js";
import type { FleetReady } from "./fleet-client.js";
import { PairedFleet, type PairedFleetOptions } from "./paired-fleet.js";

const fleet = new PairedFleet(JSON.parse(process.argv[2] ?? "") as PairedFleetOptions);
process.once("disconnect", () => process.exit(0)); // the demo is gone: nobody else would stop us
process.once("SIGTERM", () => process.exit(0));

await Promise.all(MEMBERS.map((member) => fleet.join(member)));

const control = createServer((request, response) => void answer(request, response));
const port = await listenOnLoopback(control);
process.send?.({ controlUrl: `http://127.0.0.1:${port}`, members: fleet.states() } satisfies FleetReady);

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume();
  const reply = (status: number, body: unknown): void => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(`${JSON.stringify(body)}\n`);
  };
  try {
    const url = new URL(request.url ?? "/", "http://fleet");
    const [, root, name = "", action = ""] = url.pathname.split("/");
    if (root !== "backends") reply(404, { error: "try /backends" });
    else if (request.method === "GET") reply(200, fleet.states());
    else reply(200, (await act(name, action, url.searchParams)) ?? {});
  } catch (error) {
    reply(400, { error: error instanceof Error ? error.message : String(error) });
  }
}

async function act(name: string, action: string, query: URLSearchParams): Promise<unknown> {
  switch (action) {
    case "slow":
      return fleet.slow(name, within(query, "factor", 10, 1, 1_000));
    case "fail":
      return fleet.fail(name, within(query, "fraction", 1, 0, 1));
    case "heal":
      return fleet.heal(name);
    case "join":
      return fleet.join({ name, slots: within(query, "slots", 2, 1, 64) });
    case "drain":
      return fleet.drain(name);
    case "leave":
      return fleet.leave(name);
    default:
      throw new Error("actions: slow?factor=10, fail?fraction=1, heal, join?slots=2, drain, leave");
  }
}

function within(query: URLSearchParams, key: string, fallback: number, least: number, most: number): number {
  const value = Number(query.get(key) ?? fallback);
  if (value >= least && value <= most) return value;
  throw new Error(`${key} must be from ${least} to ${most}`);
}
