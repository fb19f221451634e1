package main

import (
	"fmt"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpoint "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// fleet makes the assignments: the same fields, and within a percent the same bytes, as every other contender.
type fleet struct {
	clusters  int
	endpoints int
	pushes    uint32
	hostnames []string
	addresses [100][]string // by cluster modulo 100, made when they are needed
}

func newFleet(clusters, endpoints int) *fleet {
	f := &fleet{clusters: clusters, endpoints: endpoints, hostnames: make([]string, endpoints)}
	for i := range f.hostnames {
		f.hostnames[i] = fmt.Sprintf("backend-%05d.mesh.test", i)
	}
	return f
}

func (f *fleet) addressesOf(cluster int) []string {
	addresses := &f.addresses[cluster%100]
	if *addresses == nil {
		*addresses = make([]string, f.endpoints)
		for i := range *addresses {
			(*addresses)[i] = fmt.Sprintf("10.%d.%d.%d", 100+cluster%100, 100+i/100, 100+i%100)
		}
	}
	return *addresses
}

func clusterName(index int) string { return fmt.Sprintf("cluster-%05d", index) }

// assignment of one cluster after so many pushes; every push changes every weight, all within 128..996.
func (f *fleet) assignment(index int, pushes uint32) *endpoint.ClusterLoadAssignment {
	members := make([]*endpoint.LbEndpoint, f.endpoints)
	addresses := f.addressesOf(index)
	// What was there before the first push never comes again, or a push would have nothing to say.
	phase := pushes
	if pushes > 0 {
		phase = 1 + (pushes-1)%868
	}
	var sum uint32
	for i := range members {
		weight := 128 + (uint32(i)*7+phase*13)%869
		sum += weight
		members[i] = &endpoint.LbEndpoint{
			HostIdentifier: &endpoint.LbEndpoint_Endpoint{Endpoint: &endpoint.Endpoint{
				Address: &core.Address{Address: &core.Address_SocketAddress{SocketAddress: &core.SocketAddress{
					Address:       addresses[i],
					PortSpecifier: &core.SocketAddress_PortValue{PortValue: 8080},
				}}},
				Hostname: f.hostnames[i],
			}},
			HealthStatus:        core.HealthStatus_HEALTHY,
			LoadBalancingWeight: wrapperspb.UInt32(weight),
		}
	}
	return &endpoint.ClusterLoadAssignment{
		ClusterName: clusterName(index),
		Endpoints: []*endpoint.LocalityLbEndpoints{{
			Locality:            &core.Locality{},
			LbEndpoints:         members,
			LoadBalancingWeight: wrapperspb.UInt32(sum),
		}},
	}
}
