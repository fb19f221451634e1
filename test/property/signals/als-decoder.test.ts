import { expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { StreamAccessLogsMessage } from "../../../src/gen/envoy/service/accesslog/v3/als.js";
import { decodeAccessLog } from "../../../src/signals/als-decoder.js";
import { accessLog, entry } from "../../unit/signals/als-fixtures.js";

const time = fc.option(fc.double({ min: -1e12, max: 1e12, noNaN: true }), { nil: undefined });
const entries = fc.array(
  fc.record({
    cluster: fc.constantFrom("checkout", "", "x".repeat(300)),
    address: fc.constantFrom("127.0.0.1", "::1", ""),
    port: fc.nat(70_000),
    firstTxMs: time,
    firstRxMs: time,
    status: fc.nat(1_000),
    type: fc.constantFrom(0, 6, 9),
  }),
  { maxLength: 20 },
);

it("lets nothing out that is not finite and in range, and loses count of none", () => {
  fc.assert(
    fc.property(entries, (given) => {
      const bytes = StreamAccessLogsMessage.encode(accessLog(given.map((each) => entry(each as never)))).finish();
      const { attempts, rejected } = decodeAccessLog(StreamAccessLogsMessage.decode(bytes));
      for (const { latencyMs, outcome } of attempts) {
        expect(latencyMs === undefined).toBe(outcome === "unanswered");
        if (latencyMs !== undefined) expect(latencyMs >= 0 && latencyMs <= 3_600_000).toBe(true);
      }
      expect(attempts.length + [...rejected.values()].reduce((sum, times) => sum + times, 0)).toBe(given.length);
    }),
  );
});

it("survives messages with broken bytes", () => {
  fc.assert(
    fc.property(entries, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }), (given, changes) => {
      const bytes = StreamAccessLogsMessage.encode(
        accessLog(
          given.map((each) => entry(each as never)),
          "edge",
        ),
      ).finish();
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      let message: StreamAccessLogsMessage;
      try {
        message = StreamAccessLogsMessage.decode(bytes);
      } catch {
        return; // the service ends the stream: test/integration/signals/als-service.test.ts
      }
      for (const { latencyMs = 0, cluster, endpoint } of decodeAccessLog(message).attempts) {
        expect(latencyMs >= 0 && latencyMs <= 3_600_000).toBe(true);
        expect(cluster.length <= 253 && endpoint.length <= 300).toBe(true);
      }
    }),
  );
});
