// Services of plain connections: a listener each, because nothing in a connection tells services apart.
import { Listener } from "../gen/envoy/config/listener/v3/listener.js";
import { TcpProxy } from "../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.js";
import { tcpPortOf } from "../model/policy/protocol.js";
import { durationOf } from "./duration.js";
import type { ListenerAddress } from "./gateway.js";
import { LISTENER_TYPE, packAny, type Resource } from "./resource.js";
import type { RoutedService } from "./route/user-route.js";

/**
 * Sorted by service. A port that the gateway or an earlier service has is left out: the registry refuses such policies, but
 * the gateway's port may have moved since; Envoy would refuse the second listener, and all that came with it.
 */
export function tcpListenersOf(gateway: ListenerAddress, services: readonly RoutedService[]): readonly Resource[] {
  const taken = new Set([gateway.port]);
  return services
    .toSorted((a, b) => (a.service < b.service ? -1 : 1))
    .flatMap((routed) => {
      const port = tcpPortOf(routed.policy);
      if (port === undefined || taken.has(port)) return [];
      taken.add(port);
      const listener = tcpListenerOf(routed, { address: gateway.address, port });
      return [{ typeUrl: LISTENER_TYPE, name: listener.name, bytes: Listener.encode(listener).finish() }];
    });
}

function tcpListenerOf({ service, policy, hashed }: RoutedService, { address, port }: ListenerAddress): Listener {
  const { idleMs } = policy.timeouts;
  const proxy = TcpProxy.create({
    statPrefix: service,
    clusterSpecifier: { $case: "cluster", value: service },
    idleTimeout: idleMs === undefined ? undefined : durationOf(idleMs),
    hashPolicy: hashed ? [{ policySpecifier: { $case: "sourceIp", value: {} } }] : [],
  });
  return Listener.create({
    name: `${service}|tcp`,
    address: {
      address: { $case: "socketAddress", value: { address, portSpecifier: { $case: "portValue", value: port } } },
    },
    filterChains: [
      {
        filters: [
          {
            name: "envoy.filters.network.tcp_proxy",
            configType: { $case: "typedConfig", value: packAny(TcpProxy, proxy) },
          },
        ],
      },
    ],
  });
}
