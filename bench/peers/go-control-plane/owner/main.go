// Command owner is somebody else's control plane: it serves clusters and listeners, and nothing more, from files in proto JSON
// with go-control-plane's SnapshotCache over ADS. Where the clusters get their endpoints is for the files to say.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/header_mutation/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/upstream_codec/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
)

// everyNode gets the same.
type everyNode struct{}

func (everyNode) ID(*core.Node) string { return "all" }

func main() {
	var (
		address   = flag.String("address", "127.0.0.1:0", "where to listen for proxies")
		clusters  = flag.String("clusters", "", "file with a JSON array of Clusters")
		listeners = flag.String("listeners", "", "file with a JSON array of Listeners")
	)
	flag.Parse()

	snapshot, err := cache.NewSnapshot("1", map[resource.Type][]types.Resource{
		resource.ClusterType:  read(*clusters, func() types.Resource { return &cluster.Cluster{} }),
		resource.ListenerType: read(*listeners, func() types.Resource { return &listener.Listener{} }),
	})
	check(err)
	ctx := context.Background()
	snapshots := cache.NewSnapshotCache(true, everyNode{}, nil)
	check(snapshots.SetSnapshot(ctx, "all", snapshot))

	proxies := grpc.NewServer()
	discovery.RegisterAggregatedDiscoveryServiceServer(proxies, server.NewServer(ctx, snapshots, nil))
	socket, err := net.Listen("tcp", *address)
	check(err)
	fmt.Println("listening", socket.Addr())
	check(proxies.Serve(socket))
}

func read(file string, empty func() types.Resource) []types.Resource {
	text, err := os.ReadFile(file)
	check(err)
	var parts []json.RawMessage
	check(json.Unmarshal(text, &parts))
	resources := make([]types.Resource, len(parts))
	for i, part := range parts {
		resources[i] = empty()
		check(protojson.Unmarshal(part, resources[i]))
	}
	return resources
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
