// Ten thousand streams come and go: what is left behind would be seen in the heap.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "@jest/globals";
import { DeltaDiscoveryRequest, DiscoveryRequest } from "../../../src/gen/envoy/service/discovery/v3/discovery.js";
import { TYPE_URLS } from "../../../src/xds/index.js";
import { RawCall } from "../../harness/raw-call.js";
import type { XdsVariant } from "../../harness/xds-messages.js";
import { until, XdsRig } from "../../harness/xds-rig.js";

const { endpoint } = TYPE_URLS;
const STREAMS = 10_000;
const WARM_UP = 1_000;
const AT_ONCE = 100;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

async function heapBytes(): Promise<number> {
  for (let round = 0; round < 4; round++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}

function firstRequest(variant: XdsVariant, nodeId: string): Buffer {
  const node = { id: nodeId, metadata: { role: "edge" } };
  const names = ["A", `only ${nodeId}`];
  const message =
    variant === "sotw"
      ? DiscoveryRequest.encode(DiscoveryRequest.create({ node, typeUrl: endpoint, resourceNames: names })).finish()
      : DeltaDiscoveryRequest.encode(
          DeltaDiscoveryRequest.create({ node, typeUrl: endpoint, resourceNamesSubscribe: names }),
        ).finish();
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

test.each(["sotw", "delta"] as const)("38: %s: the heap is flat within 5 %% over 10,000 streams", async (variant) => {
  const rig = await XdsRig.start();
  rig.put(endpoint, { A: "x".repeat(1_000) });
  let opened = 0;
  const open = async (count: number): Promise<void> => {
    for (const end = opened + count; opened < end; ) {
      const connection = new RawCall(rig.port, { variant });
      const calls = [connection, ...Array.from({ length: AT_ONCE - 1 }, () => connection.another())];
      for (const call of calls) call.stream.write(firstRequest(variant, `n${opened++}`));
      await until(() => calls.every(({ bytes }) => bytes > 0), "all are answered");
      // Half of them end well, the others with their connection.
      for (const call of calls.slice(AT_ONCE / 2)) call.stream.end();
      connection.close();
      await until(() => rig.server.counts().streams === 0, "all are gone");
    }
  };
  await open(WARM_UP);
  const before = await heapBytes();
  await open(STREAMS);
  const after = await heapBytes();
  expect(after).toBeLessThan(before * 1.05);
  expect(rig.server.counts()).toEqual({ streams: 0, subscriptions: 0, awake: 0 });
  expect(rig.clock.pendingTasks).toBe(0);
  await rig.close();
});
