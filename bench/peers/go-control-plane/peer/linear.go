package main

import (
	"context"

	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/config"
	"github.com/envoyproxy/go-control-plane/pkg/server/sotw/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
)

// linear is the LinearCache: one type for all nodes, each resource marshalled once.
type linear struct {
	server.Server
	cache *cache.LinearCache
	fleet *fleet
}

func newLinear(ctx context.Context, fleet *fleet, best bool) *linear {
	initial := make(map[string]types.Resource, fleet.clusters)
	for index := range fleet.clusters {
		initial[clusterName(index)] = fleet.assignment(index, 0)
	}
	assignments := cache.NewLinearCache(resource.EndpointType, cache.WithInitialResources(initial))
	var options []config.XDSOption
	if best {
		options = append(options, sotw.WithOrderedADS()) // a plain select instead of reflect.Select
	}
	return &linear{server.NewServer(ctx, assignments, nil, options...), assignments, fleet}
}

func (l *linear) push(index int) error {
	l.fleet.pushes++
	return l.cache.UpdateResource(clusterName(index), l.fleet.assignment(index, l.fleet.pushes))
}
