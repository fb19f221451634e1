import { describe, expect, test } from "@jest/globals";
import { StreamMeter } from "../../../src/xds/stream-meter.js";
import { MetricRecorder } from "../../harness/metric-recorder.js";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class CountingRecorder extends MetricRecorder {
  told = 0;

  override count(...told: Parameters<MetricRecorder["count"]>): void {
    this.told++;
    super.count(...told);
  }
}

describe("StreamMeter", () => {
  test("tells what happened, by type and kind, once nothing more happens", async () => {
    const metrics = new CountingRecorder();
    const meter = new StreamMeter(metrics);
    meter.stream("ads-sotw", 1);
    meter.path("http2");
    meter.waiting(3);
    for (let index = 0; index < 5; index++) meter.response("eds", 100);
    meter.request("eds", { kind: "ack", latencyMs: 250 });
    expect(metrics.all()).toEqual({});
    await turn();
    await turn();
    expect(metrics.all()).toEqual({
      "steelyard_xds_streams ads-sotw": 1,
      "steelyard_xds_streams_opened_total http2": 1,
      steelyard_xds_first_answers_waiting: 3,
      "steelyard_xds_responses_total eds": 5,
      "steelyard_xds_response_bytes_total eds": 500,
      "steelyard_xds_requests_total eds ack": 1,
      "steelyard_xds_ack_seconds eds": 0.25,
    });
  });

  test("news in turn after turn is told together, but does not wait for ever", async () => {
    const metrics = new CountingRecorder();
    const meter = new StreamMeter(metrics);
    for (let index = 0; index < 64; index++) {
      meter.response("eds", 1);
      await turn();
    }
    expect(metrics.told).toBeGreaterThanOrEqual(2);
    expect(metrics.told).toBeLessThanOrEqual(6);
    await turn();
    await turn();
    expect(metrics.get("steelyard_xds_responses_total eds")).toBe(64);
  });
});
