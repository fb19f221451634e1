import { expect, test } from "@jest/globals";
import { Cluster } from "../../../src/gen/envoy/config/cluster/v3/cluster.js";
import { ClusterLoadAssignment } from "../../../src/gen/envoy/config/endpoint/v3/endpoint.js";
import { LbEndpoint } from "../../../src/gen/envoy/config/endpoint/v3/endpoint_components.js";
import { Listener } from "../../../src/gen/envoy/config/listener/v3/listener.js";
import { RouteConfiguration } from "../../../src/gen/envoy/config/route/v3/route.js";
import { VirtualHost } from "../../../src/gen/envoy/config/route/v3/route_components.js";
import { ScopedRouteConfiguration } from "../../../src/gen/envoy/config/route/v3/scoped_route.js";
import { Secret } from "../../../src/gen/envoy/extensions/transport_sockets/tls/v3/secret.js";
import { ClusterDiscoveryServiceService } from "../../../src/gen/envoy/service/cluster/v3/cds.js";
import { AggregatedDiscoveryServiceService } from "../../../src/gen/envoy/service/discovery/v3/ads.js";
import { EndpointDiscoveryServiceService } from "../../../src/gen/envoy/service/endpoint/v3/eds.js";
import { LocalityEndpointDiscoveryServiceService } from "../../../src/gen/envoy/service/endpoint/v3/leds.js";
import { ExtensionConfigDiscoveryServiceService } from "../../../src/gen/envoy/service/extension/v3/config_discovery.js";
import { ListenerDiscoveryServiceService } from "../../../src/gen/envoy/service/listener/v3/lds.js";
import {
  RouteDiscoveryServiceService,
  VirtualHostDiscoveryServiceService,
} from "../../../src/gen/envoy/service/route/v3/rds.js";
import { ScopedRoutesDiscoveryServiceService } from "../../../src/gen/envoy/service/route/v3/srds.js";
import { Runtime, RuntimeDiscoveryServiceService } from "../../../src/gen/envoy/service/runtime/v3/rtds.js";
import { SecretDiscoveryServiceService } from "../../../src/gen/envoy/service/secret/v3/sds.js";
import { bytesMethod, DISCOVERY_SERVICES } from "../../../src/xds/services.js";
import { ruleOf, TYPE_URLS } from "../../../src/xds/type-rules.js";

test("services and methods are those of Envoy's protos, all of them", () => {
  const ours = DISCOVERY_SERVICES.flatMap(({ service, sotw, delta, fetch }) => [
    ...[sotw, delta].flatMap((method) => (method === undefined ? [] : [bytesMethod(service, method)])),
    ...(fetch ? [bytesMethod(service, fetch.method, "unary")] : []),
  ]);
  const generated = [
    AggregatedDiscoveryServiceService,
    ClusterDiscoveryServiceService,
    EndpointDiscoveryServiceService,
    LocalityEndpointDiscoveryServiceService,
    ListenerDiscoveryServiceService,
    RouteDiscoveryServiceService,
    ScopedRoutesDiscoveryServiceService,
    VirtualHostDiscoveryServiceService,
    SecretDiscoveryServiceService,
    RuntimeDiscoveryServiceService,
    ExtensionConfigDiscoveryServiceService,
  ].flatMap((service) => Object.values(service));
  const kinds = (methods: readonly { readonly path: string; readonly requestStream: boolean }[]): string[] =>
    methods.map(({ path, requestStream }) => `${path} ${requestStream ? "stream" : "unary"}`).sort();
  expect(kinds(ours)).toEqual(kinds(generated));
});

test("the type URLs are those of Envoy's protos", () => {
  const url = ({ $type }: { readonly $type: string }): string => `type.googleapis.com/${$type}`;
  expect(TYPE_URLS).toEqual({
    cluster: url(Cluster),
    endpoint: url(ClusterLoadAssignment),
    localityEndpoint: url(LbEndpoint),
    secret: url(Secret),
    listener: url(Listener),
    scopedRoute: url(ScopedRouteConfiguration),
    route: url(RouteConfiguration),
    virtualHost: url(VirtualHost),
    runtime: url(Runtime),
    extensionConfig: "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
  });
});

test("types that are not in the table share one metric label", () => {
  expect([ruleOf("type.googleapis.com/a.B").label, ruleOf("x").label]).toEqual(["other", "other"]);
});
