import { expect, test } from "@jest/globals";
import { Cluster } from "../../../src/gen/envoy/config/cluster/v3/cluster.js";
import { ClusterLoadAssignment } from "../../../src/gen/envoy/config/endpoint/v3/endpoint.js";
import { Listener } from "../../../src/gen/envoy/config/listener/v3/listener.js";
import { RouteConfiguration } from "../../../src/gen/envoy/config/route/v3/route.js";
import { ClusterDiscoveryServiceService } from "../../../src/gen/envoy/service/cluster/v3/cds.js";
import { AggregatedDiscoveryServiceService } from "../../../src/gen/envoy/service/discovery/v3/ads.js";
import { EndpointDiscoveryServiceService } from "../../../src/gen/envoy/service/endpoint/v3/eds.js";
import { ListenerDiscoveryServiceService } from "../../../src/gen/envoy/service/listener/v3/lds.js";
import {
  RouteDiscoveryServiceService,
  VirtualHostDiscoveryServiceService,
} from "../../../src/gen/envoy/service/route/v3/rds.js";
import { bytesMethod, DISCOVERY_SERVICES } from "../../../src/xds/services.js";
import { ruleOf, TYPE_URLS } from "../../../src/xds/type-rules.js";

test("the paths are those of Envoy's protos", () => {
  const ours = DISCOVERY_SERVICES.flatMap(({ service, sotw, delta }) =>
    [sotw, delta].flatMap((method) => (method === undefined ? [] : [bytesMethod(service, method).path])),
  );
  const generated = [
    AggregatedDiscoveryServiceService,
    ClusterDiscoveryServiceService,
    EndpointDiscoveryServiceService,
    ListenerDiscoveryServiceService,
    RouteDiscoveryServiceService,
    VirtualHostDiscoveryServiceService,
  ].flatMap((service) => Object.values(service).filter(({ requestStream }) => requestStream));
  for (const { path } of generated) expect(ours).toContain(path);
});

test("the type URLs are those of Envoy's protos", () => {
  const url = ({ $type }: { readonly $type: string }): string => `type.googleapis.com/${$type}`;
  expect(TYPE_URLS).toMatchObject({
    cluster: url(Cluster),
    endpoint: url(ClusterLoadAssignment),
    listener: url(Listener),
    route: url(RouteConfiguration),
  });
});

test("types that are not in the table share one metric label", () => {
  expect([ruleOf("type.googleapis.com/a.B").label, ruleOf("x").label]).toEqual(["other", "other"]);
});
