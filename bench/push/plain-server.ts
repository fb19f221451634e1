// What one writes first: generated service, generated messages, one encoding per stream, one answer to every request that
// is not an acknowledgement. Both variants, without NACK state, limits or metrics.
import { Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { ClusterLoadAssignment } from "../../src/gen/envoy/config/endpoint/v3/endpoint.js";
import { AggregatedDiscoveryServiceService } from "../../src/gen/envoy/service/discovery/v3/ads.js";
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  type DiscoveryRequest,
  DiscoveryResponse,
} from "../../src/gen/envoy/service/discovery/v3/discovery.js";
import { assignmentOf } from "../../src/translate/assignment.js";
import { TYPE_URLS } from "../../src/xds/index.js";
import { clusterName, Fleet, serviceOf } from "./assignments.js";
import { obey, serverOptions } from "./commands.js";

type Push = (names: readonly string[]) => void;

const { clusters, endpoints } = serverOptions();
const typeUrl = TYPE_URLS.endpoint;
const fleet = new Fleet(endpoints);
const assignment = (index: number): ClusterLoadAssignment =>
  assignmentOf(serviceOf(index), fleet.assignment(index, pushes));
let pushes = 0;
const assignments = new Map(Array.from({ length: clusters }, (_, index) => [clusterName(index), assignment(index)]));
const watchers = new Map<string, Set<Push>>();
let nonce = 0;

function encoded(name: string): { readonly typeUrl: string; readonly value: Buffer } | undefined {
  const found = assignments.get(name);
  return found && { typeUrl, value: Buffer.from(ClusterLoadAssignment.encode(found).finish()) };
}

function watch(names: readonly string[], push: Push): void {
  for (const name of names) {
    const known = watchers.get(name);
    if (known) known.add(push);
    else watchers.set(name, new Set([push]));
  }
}

function forget(push: Push): void {
  for (const pushers of watchers.values()) pushers.delete(push);
}

const server = new Server({ "grpc.enable_channelz": 0, "grpc.max_concurrent_streams": 100 });
server.addService(AggregatedDiscoveryServiceService, {
  streamAggregatedResources(call: ServerDuplexStream<DiscoveryRequest, DiscoveryResponse>) {
    const push: Push = (names) => {
      const resources = names.flatMap((name) => encoded(name) ?? []);
      call.write(DiscoveryResponse.create({ versionInfo: String(pushes), typeUrl, resources, nonce: String(++nonce) }));
    };
    call.on("data", ({ responseNonce, resourceNames }: DiscoveryRequest) => {
      if (responseNonce !== "") return;
      watch(resourceNames, push);
      push(resourceNames);
    });
    call.on("close", () => forget(push));
    call.on("error", () => forget(push));
  },
  deltaAggregatedResources(call: ServerDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse>) {
    const push: Push = (names) => {
      const resources = names.flatMap((name) => {
        const resource = encoded(name);
        return resource ? [{ name, version: String(pushes), resource }] : [];
      });
      call.write(DeltaDiscoveryResponse.create({ typeUrl, resources, nonce: String(++nonce) }));
    };
    call.on("data", ({ resourceNamesSubscribe }: DeltaDiscoveryRequest) => {
      if (resourceNamesSubscribe.length === 0) return;
      watch(resourceNamesSubscribe, push);
      push(resourceNamesSubscribe);
    });
    call.on("close", () => forget(push));
    call.on("error", () => forget(push));
  },
});
const port = await new Promise<number>((resolve, reject) => {
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
    error ? reject(error) : resolve(bound),
  );
});
obey(port, async (index) => {
  pushes++;
  assignments.set(clusterName(index), assignment(index));
  for (const push of watchers.get(clusterName(index)) ?? []) push([clusterName(index)]);
  await new Promise((resolve) => setImmediate(resolve));
});
