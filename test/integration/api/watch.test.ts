// The event stream: present state first, then changes; bounded watchers, slow ones dropped; an orderly end.
import { request as httpRequest, type IncomingMessage } from "node:http";
import { afterEach, describe, expect, test } from "@jest/globals";
import { parseServiceName } from "../../../src/model/ids.js";
import { ApiHarness, pointersOf, spec } from "./harness.js";
import { planOf } from "./samples.js";

const orders = parseServiceName("orders");
let api: ApiHarness;
const opened: IncomingMessage[] = [];

interface SentEvent {
  readonly event: string;
  readonly id: string;
  readonly data: ReturnType<typeof JSON.parse>;
}

afterEach(async () => {
  for (const response of opened.splice(0)) response.destroy();
  await api.stop();
});

async function start(limits: ConstructorParameters<typeof ApiHarness>[0] = {}): Promise<void> {
  api = new ApiHarness(limits);
  await api.start();
}

function open(query = "", headers: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${api.url}/v1/watch${query}`, { agent: false, headers }, (response) => {
      opened.push(response);
      response.on("error", () => undefined);
      resolve(response);
    });
    request.on("error", reject);
    request.end();
  });
}

/** Reads one event after another. */
async function* eventsOf(response: IncomingMessage): AsyncGenerator<SentEvent> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) {
    text += chunk;
    for (let cut = text.indexOf("\n\n"); cut >= 0; cut = text.indexOf("\n\n")) {
      const fields = new Map(
        text
          .slice(0, cut)
          .split("\n")
          .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)] as const),
      );
      text = text.slice(cut + 2);
      if (fields.has("event"))
        yield {
          event: fields.get("event") ?? "",
          id: fields.get("id") ?? "",
          data: JSON.parse(fields.get("data") ?? "null"),
        };
    }
  }
}

async function next(events: AsyncGenerator<SentEvent>): Promise<SentEvent> {
  const { value, done } = await events.next();
  if (done) throw new Error("the stream ended");
  return value;
}

describe("GET /v1/watch", () => {
  test("gives the present state, then each change, with the revision as id", async () => {
    await start();
    await api.put("/v1/services/orders/instances/a", spec());
    api.plans.store(orders, planOf("orders", [{ id: "a", weight: 1, share: 1 }]));
    const response = await open();
    expect(response.headers["content-type"]).toMatch(/^text\/event-stream/);
    const events = eventsOf(response);
    expect(await next(events)).toMatchObject({
      event: "instances",
      id: "1",
      data: { service: "orders", instances: [{ id: "a" }] },
    });
    expect(await next(events)).toMatchObject({
      event: "weights",
      data: { service: "orders", endpoints: [{ instance: "a", weight: 1 }] },
    });
    await api.put("/v1/services/orders/instances/b", spec({ port: 2 }));
    expect(await next(events)).toMatchObject({
      event: "instances",
      id: "2",
      data: { revision: 2, instances: [{ id: "a" }, { id: "b" }] },
    });
    await api.put("/v1/services/billing", {});
    expect(await next(events)).toMatchObject({ event: "instances", data: { service: "billing", instances: [] } });
    await api.send("DELETE", "/v1/services/billing");
    expect(await next(events)).toMatchObject({ event: "instances", data: { service: "billing", deleted: true } });
  });

  test.each([
    ["?from=1", {}],
    ["", { "last-event-id": "1" }],
  ])("a client that resumes (%j, %j) is told to start over: deletions are not replayed", async (query, headers) => {
    await start();
    await api.put("/v1/services/billing", {});
    await api.put("/v1/services/orders/instances/a", spec());
    await api.send("DELETE", "/v1/services/billing");
    const events = eventsOf(await open(query, headers));
    expect(await next(events)).toMatchObject({ event: "resync", id: "3" });
    expect(await next(events)).toMatchObject({ event: "instances", data: { service: "orders" } });
    await api.put("/v1/services/orders/instances/a", spec({ weight: 5 }));
    expect(await next(events)).toMatchObject({ event: "instances", data: { instances: [{ weight: 5 }] } });
  });

  test("HEAD answers what GET would begin with, and ends", async () => {
    await start({ watchers: 1 });
    const reply = await fetch(`${api.url}/v1/watch`, { method: "HEAD" });
    expect([reply.status, reply.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
    expect((await open()).statusCode).toBe(200);
  });

  test("filters by service and by event", async () => {
    await start();
    await api.put("/v1/services/billing/instances/x", spec());
    await api.put("/v1/services/orders/instances/a", spec());
    api.plans.store(orders, planOf("orders", [{ id: "a", weight: 1, share: 1 }]));
    const events = eventsOf(await open("?service=orders&events=weights"));
    expect(await next(events)).toMatchObject({ event: "weights", data: { service: "orders" } });
    await api.put("/v1/services/orders/instances/a", spec({ weight: 5 }));
    api.plans.store(orders, planOf("orders", [{ id: "a", weight: 2, share: 1 }]));
    expect(await next(events)).toMatchObject({ event: "weights", data: { endpoints: [{ weight: 2 }] } });
    expect(pointersOf(await api.get("/v1/watch?events=all"), 422, "ERR_INVALID_REQUEST")).toEqual(["/query/events"]);
  });

  test("the number of watchers is bounded, and a place is free again after one left", async () => {
    await start({ watchers: 1 });
    const first = await open();
    pointersOf(await api.get("/v1/watch"), 429, "ERR_RATE_LIMITED");
    first.destroy();
    await until(async () => (await api.metrics.text()).includes("steelyard_api_watchers 0"));
    expect((await open()).statusCode).toBe(200);
  });

  test("a client that takes nothing is cut", async () => {
    await start({ watchStallMs: 50 });
    const response = await open();
    response.pause();
    const reasons = ["x".repeat(200_000)];
    for (let weight = 1; !response.destroyed && weight < 200; weight++) {
      api.plans.store(orders, planOf("orders", [{ id: "a", weight, share: 1, reasons }]));
      if ((await api.metrics.text()).includes('steelyard_api_watch_dropped_total{reason="slow"} 1')) break;
      await new Promise((resolve) => setImmediate(resolve)); // the socket takes what it can
    }
    await until(async () => (await api.metrics.text()).includes('steelyard_api_watch_dropped_total{reason="slow"} 1'));
    await until(async () => (await api.metrics.text()).includes("steelyard_api_watchers 0"));
  });

  test("stopping the server ends the stream in order", async () => {
    await start();
    const events = eventsOf(await open());
    const ended = events.next();
    await api.stop();
    // In order: a connection that the end of the grace period cuts makes the client's reading fail.
    expect((await ended).done).toBe(true);
  });
});

test("changes between the end and the close are harmless", async () => {
  await start();
  const events = eventsOf(await open());
  await api.put("/v1/services/orders/instances/a", spec());
  await next(events);
  const stopped = api.stop();
  for (let weight = 1; weight < 5; weight++) {
    api.plans.store(orders, planOf("orders", [{ id: "a", weight, share: 1 }]));
    await Promise.resolve();
  }
  await stopped;
  expect((await events.next()).done).toBe(true);
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}
