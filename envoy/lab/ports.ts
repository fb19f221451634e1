// Free TCP ports on loopback, for processes that must be told their port before they start.
import { createServer, type Server } from "node:net";
import { listenOnLoopback } from "./listen.js";

/** `count` different ports, free at this moment: all are held open together before any is given away. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const holders: Server[] = [];
  try {
    const ports: number[] = [];
    for (let i = 0; i < count; i += 1) {
      const holder = createServer();
      holders.push(holder);
      ports.push(await listenOnLoopback(holder));
    }
    return ports;
  } finally {
    await Promise.all(holders.map((holder) => new Promise((resolve) => holder.close(resolve))));
  }
}
