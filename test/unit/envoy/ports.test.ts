// Ports for processes to come: free, given once, and out of reach of whoever opens a socket on any port meanwhile.
import { createServer, type Server } from "node:net";
import { afterEach, expect, test } from "@jest/globals";
import { listenOnLoopback } from "../../../envoy/lab/listen.js";
import { freePort, freePorts, rangeOutside } from "../../../envoy/lab/ports.js";

const open: Server[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

const listen = (port = 0): Promise<number> => {
  const server = createServer();
  open.push(server);
  return listenOnLoopback(server, port);
};

test("ports are free, and no two are the same, over several calls too", async () => {
  const ports = [...(await freePorts(20)), ...(await freePorts(20))];
  expect(new Set(ports).size).toBe(40);
  for (const port of ports) expect(await listen(port)).toBe(port);
});

test.each([
  { ephemeral: undefined, first: 20_000, last: 32_767, why: "nothing is known" },
  { ephemeral: { first: 32_768, last: 60_999 }, first: 20_000, last: 32_767, why: "Linux has its defaults" },
  { ephemeral: { first: 49_152, last: 65_535 }, first: 20_000, last: 32_767, why: "it begins late" },
  { ephemeral: { first: 25_000, last: 65_535 }, first: 20_000, last: 24_999, why: "it begins early" },
  { ephemeral: { first: 10_000, last: 50_000 }, first: 50_001, last: 65_535, why: "there is room only above it" },
  { ephemeral: { first: 1_024, last: 65_535 }, first: 20_000, last: 32_767, why: "there is no room outside" },
])("they are from $first to $last when $why", ({ ephemeral, first, last }) => {
  expect(rangeOutside(ephemeral)).toEqual({ first, last });
});

test("a port that somebody listens on is not given", async () => {
  const port = await listen();
  await expect(freePort({ first: port, last: port })).rejects.toThrow(
    `no free port on loopback from ${port} to ${port}`,
  );
});
