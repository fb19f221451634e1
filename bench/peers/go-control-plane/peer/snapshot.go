package main

import (
	"context"
	"strconv"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
)

// snapshot is the SnapshotCache: one snapshot for all nodes, replaced as a whole.
type snapshot struct {
	server.Server
	cache       cache.SnapshotCache
	fleet       *fleet
	assignments []types.Resource
}

type everyNode struct{}

func (everyNode) ID(*core.Node) string { return "all" }

func newSnapshot(ctx context.Context, fleet *fleet) *snapshot {
	snapshots := cache.NewSnapshotCache(true, everyNode{}, nil)
	assignments := make([]types.Resource, fleet.clusters)
	for index := range assignments {
		assignments[index] = fleet.assignment(index, 0)
	}
	s := &snapshot{server.NewServer(ctx, snapshots, nil), snapshots, fleet, assignments}
	check(s.publish())
	return s
}

func (s *snapshot) push(index int) error {
	s.fleet.pushes++
	s.assignments[index] = s.fleet.assignment(index, s.fleet.pushes)
	return s.publish()
}

func (s *snapshot) publish() error {
	next, err := cache.NewSnapshot(strconv.Itoa(int(s.fleet.pushes)), map[resource.Type][]types.Resource{
		resource.EndpointType: s.assignments,
	})
	if err != nil {
		return err
	}
	return s.cache.SetSnapshot(context.Background(), "all", next)
}
