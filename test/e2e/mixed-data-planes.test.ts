// An Envoy and a proxyless gRPC client of one service, at the same time: both are heard, and both adapt.
import { afterEach, expect, test } from "@jest/globals";
import { exponential } from "../../envoy/lab/backend.js";
import { until } from "../../envoy/lab/until.js";
import { viaEnvoy } from "./harness/grpc-client.js";
import { Rig } from "./harness/rig.js";

let rig: Rig | undefined;
afterEach(() => rig?.stop());

test("an Envoy and a gRPC client are heard together, and both leave a failing and a slow backend", async () => {
  const world = await Rig.create();
  rig = world;
  const { api } = await world.startServer();
  await api.send("PUT", "/v1/services/shop", { protocol: "http2" });
  const start = (name: string) =>
    world.startGrpcBackend({ name, service: "shop", slots: 2, serviceTime: exponential(10) });
  const [failing, slow] = [await start("failing"), await start("slow"), await start("c"), await start("d")];
  await world.startEnvoy();
  await until(async () => ((await api.weights("shop")).endpoints.length === 4 ? true : undefined), {
    what: "four endpoints",
  });
  const load = { rateRps: 100, timeoutMs: 500 };
  const proxyless = await world.startGrpcClient({ service: "shop", ...load });
  const proxied = await world.startGrpcClient({ ...viaEnvoy(world.listenerPort, "shop"), ...load, seed: 2 });
  await Promise.all([proxyless.requests(300), proxied.requests(300)]);
  // 200 a second in a report of 1 s: 4.5 standard deviations of a Poisson count are 64. One of the two alone would have 100.
  await until(
    async () => {
      const { endpoints } = (await api.get("/v1/services/shop/weights")) as { endpoints: { load?: { rps: number } }[] };
      const rps = endpoints.reduce((sum, { load: heard }) => sum + (heard?.rps ?? 0), 0);
      return Math.abs(rps - 200) < 64 ? true : undefined;
    },
    { what: "both reports add up" },
  );

  /** A failing backend is still probed, with up to 1 % of the traffic each: of 300 calls 4 standard deviations are 7 more. */
  const shed = async (name: string): Promise<void> => {
    await until(
      async () => {
        const { endpoints } = await api.weights("shop");
        const { reasons, share } = endpoints.find(({ instance }) => instance === name) ?? { reasons: [], share: 1 };
        return share < 0.02 && reasons[0]?.startsWith("failing") === true ? true : undefined;
      },
      { what: `${name} is shed`, deadlineMs: 15_000 },
    );
    await world.untilInForce();
    await Promise.all([proxyless.requests(60), proxied.requests(60)]); // those sent before are over
    const fromMs = proxyless.now();
    await Promise.all([proxyless.requests(300), proxied.requests(300)]);
    for (const client of [proxyless, proxied]) expect(client.summary(fromMs).errors).toBeLessThan(0.02 * 300 + 10);
  };
  failing.inject({ failFraction: 1 });
  await shed("failing");
  // So slow that a queue grows until the deadline of 500 ms passes: gRPC clients tell of failures, and of no latency.
  slow.inject({ slowdown: 20 });
  await shed("slow");
});
