import { describe, expect, test } from "@jest/globals";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import { FanOut, type Pumped } from "../../../src/xds/fan-out.js";
import { ResourceCache, TYPE_URLS } from "../../../src/xds/index.js";
import { SubscriptionIndex } from "../../../src/xds/subscription-index.js";
import { MetricRecorder } from "../../harness/metric-recorder.js";
import { namedBytes } from "../../harness/xds-messages.js";

const { cluster, endpoint } = TYPE_URLS;

function rig() {
  const cache = new ResourceCache();
  const index = new SubscriptionIndex<Pumped>();
  const metrics = new MetricRecorder();
  const fanOut = new FanOut({ cache, index, clock: new ManualClock(), metrics });
  const log: string[] = [];
  const stream = (name: string, audience: string, typeUrl: string, ...names: string[]): Pumped => {
    const watcher: Pumped = {
      touch: (_, changed) => log.push(`${name} touch ${[...changed].join()}`),
      forget: () => log.push(`${name} forget`),
      pump: () => log.push(`${name} pump`),
    };
    index.interestOf(audience, watcher).watchEach(typeUrl, names);
    return watcher;
  };
  const put = (audience: string, typeUrl: string, name: string, content: string): void =>
    cache.apply(audience, { upsert: [{ typeUrl, name, bytes: namedBytes(name, content) }] });
  const flushed = async (): Promise<readonly string[]> => {
    await Promise.resolve();
    return log.splice(0);
  };
  return { cache, fanOut, metrics, stream, put, flushed };
}

describe("FanOut", () => {
  test("changes of one turn go out together, after the turn, and wake only whom they concern", async () => {
    const { stream, put, flushed, fanOut } = rig();
    stream("a", "one", endpoint, "x", "y");
    stream("b", "one", endpoint, "y");
    stream("c", "two", endpoint, "x");
    put("one", endpoint, "x", "1");
    put("one", endpoint, "x", "2");
    expect(fanOut.awake).toBe(1);
    expect(await flushed()).toEqual(["a touch x", "a pump"]);
    put("one", endpoint, "x", "3");
    put("one", endpoint, "y", "3");
    expect(fanOut.awake).toBe(2);
    expect(await flushed()).toEqual(["a touch x", "a touch y", "b touch y", "a pump", "b pump"]);
    expect(fanOut.awake).toBe(0);
    expect(await flushed()).toEqual([]);
  });

  test("all of a change of several types is marked before anything is written", async () => {
    const { stream, put, flushed } = rig();
    const both = stream("a", "one", endpoint, "x");
    stream("b", "one", cluster, "x");
    put("one", cluster, "x", "1");
    put("one", endpoint, "x", "1");
    expect(await flushed()).toEqual(["b touch x", "a touch x", "b pump", "a pump"]);
    expect(both).toBeDefined();
  });

  test("more streams than are marked at a time are all written, each once", async () => {
    const { stream, put, flushed, metrics } = rig();
    for (let index = 0; index < 150; index++) stream(`s${index}`, "one", endpoint, "x");
    put("one", endpoint, "x", "1");
    const log = await flushed();
    expect(log.filter((line) => line.endsWith("pump"))).toHaveLength(150);
    expect(new Set(log).size).toBe(300);
    expect(metrics.has("steelyard_xds_fan_out_seconds")).toBe(true);
  });

  test("a cleared audience has nothing to send any more; a closed one hears nothing", async () => {
    const { cache, fanOut, stream, put, flushed } = rig();
    stream("a", "one", endpoint, "x");
    put("one", endpoint, "x", "1");
    cache.clear("one");
    expect(await flushed()).toEqual(["a forget"]);
    put("one", endpoint, "x", "2");
    fanOut.close();
    expect(await flushed()).toEqual([]);
  });
});
