// Mode B with a file: an Envoy with clusters and listeners of its own takes endpoints from here, and nothing else.
import { afterEach, expect, test } from "@jest/globals";
import { parse, stringify } from "yaml";
import {
  expectAdaptation,
  expectOnlyEndpoints,
  importedFleet,
  ownCluster,
  ownListener,
  RATE_RPS,
} from "./harness/mode-b.js";
import { Rig } from "./harness/rig.js";

let rig: Rig | undefined;
afterEach(() => rig?.stop());

test("a static Envoy with the example of the bootstrap, and imported endpoints: weights adapt, nothing else is sent", async () => {
  const world = await Rig.create();
  rig = world;
  await world.startServer();
  const backends = await importedFleet(world);
  const envoy = await world.startEnvoy({
    mode: "weights",
    transform: (text) => {
      const bootstrap = parse(text);
      bootstrap.static_resources.listeners = [ownListener(world.listenerPort)];
      bootstrap.static_resources.clusters.push(ownCluster());
      return stringify(bootstrap);
    },
  });
  await world.untilServing("shop");
  const load = world.startLoad({ service: "shop", rateRps: RATE_RPS });
  const fromMs = load.now();
  await load.requests(RATE_RPS * 5);
  expect(load.summary(fromMs).errors).toBe(0);
  expect([...load.counts(fromMs).keys()].toSorted()).toEqual(backends.map(({ backend: { name } }) => name));
  await expectAdaptation(world, load, backends);
  await expectOnlyEndpoints(world);
  expect((await envoy.admin.stats("^(cluster_manager.cds|listener_manager.lds).version$")).size).toBe(0); // there is no CDS and no LDS at all
});
