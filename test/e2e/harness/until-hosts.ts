// Envoy knows as many hosts of a cluster as the test has backends: what is measured from here on concerns them all.
import { until } from "../../../envoy/lab/until.js";
import type { RunningEnvoy } from "../../../envoy/launch-envoy.js";

export async function untilHosts(
  { admin }: RunningEnvoy,
  cluster: string,
  count: number,
  deadlineMs = 10_000,
): Promise<void> {
  const look = async (): Promise<true> => {
    const hosts = await admin.hosts(cluster);
    if (hosts?.length !== count) throw new Error(hosts === undefined ? "no such cluster" : `it knows ${hosts.length}`);
    return true;
  };
  await until(look, { what: `Envoy knows ${count} hosts of ${cluster}`, deadlineMs });
}
