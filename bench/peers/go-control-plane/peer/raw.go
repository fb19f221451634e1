package main

import (
	"context"
	"strconv"
	"sync"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// raw is bare grpc-go without go-control-plane: a response is encoded once and its bytes are shared by all streams. It
// does what Steelyard's hot path does and nothing of what a control plane must do besides; it is the bound of the
// language, not a product. Names are never unsubscribed, refusals are not looked at.
type raw struct {
	discovery.UnimplementedAggregatedDiscoveryServiceServer
	fleet *fleet

	mu      sync.Mutex
	frames  map[string]frames
	waiting map[string]map[*rawStream]struct{}
}

type frames struct {
	version     uint32
	sotw, delta mem.BufferSlice
}

type rawStream struct {
	mu    sync.Mutex
	dirty map[string]struct{}
	wake  chan struct{}
}

func newRaw(fleet *fleet) *raw {
	r := &raw{fleet: fleet, frames: map[string]frames{}, waiting: map[string]map[*rawStream]struct{}{}}
	for index := range fleet.clusters {
		check(r.encode(index))
	}
	return r
}

func (r *raw) push(index int) error {
	r.fleet.pushes++
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.encode(index); err != nil {
		return err
	}
	for stream := range r.waiting[clusterName(index)] {
		stream.touch(clusterName(index))
	}
	return nil
}

func (r *raw) encode(index int) error {
	version := r.fleet.pushes
	name, text := clusterName(index), strconv.Itoa(int(version)+1)
	value, err := proto.Marshal(r.fleet.assignment(index, version))
	if err != nil {
		return err
	}
	any := &anypb.Any{TypeUrl: resource.EndpointType, Value: value}
	sotw, err := proto.Marshal(&discovery.DiscoveryResponse{
		VersionInfo: text, Resources: []*anypb.Any{any}, TypeUrl: resource.EndpointType, Nonce: text,
	})
	if err != nil {
		return err
	}
	delta, err := proto.Marshal(&discovery.DeltaDiscoveryResponse{
		Resources: []*discovery.Resource{{Name: name, Version: text, Resource: any}}, TypeUrl: resource.EndpointType, Nonce: text,
	})
	if err != nil {
		return err
	}
	r.frames[name] = frames{version, mem.BufferSlice{mem.SliceBuffer(sotw)}, mem.BufferSlice{mem.SliceBuffer(delta)}}
	return nil
}

func (s *rawStream) touch(name string) {
	s.mu.Lock()
	s.dirty[name] = struct{}{}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (r *raw) StreamAggregatedResources(stream grpc.BidiStreamingServer[discovery.DiscoveryRequest, discovery.DiscoveryResponse]) error {
	return r.serve(stream, func() ([]string, error) {
		request, err := stream.Recv()
		return request.GetResourceNames(), err
	}, func(f frames) mem.BufferSlice { return f.sotw })
}

func (r *raw) DeltaAggregatedResources(stream grpc.BidiStreamingServer[discovery.DeltaDiscoveryRequest, discovery.DeltaDiscoveryResponse]) error {
	return r.serve(stream, func() ([]string, error) {
		request, err := stream.Recv()
		return request.GetResourceNamesSubscribe(), err
	}, func(f frames) mem.BufferSlice { return f.delta })
}

func (r *raw) serve(stream grpc.ServerStream, receive func() ([]string, error), pick func(frames) mem.BufferSlice) error {
	me := &rawStream{dirty: map[string]struct{}{}, wake: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(stream.Context())
	defer r.forget(me)
	go func() {
		defer cancel()
		known := map[string]struct{}{}
		for {
			names, err := receive()
			if err != nil {
				return
			}
			for _, name := range names {
				if _, ok := known[name]; ok {
					continue
				}
				known[name] = struct{}{}
				r.subscribe(me, name)
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-me.wake:
		}
		me.mu.Lock()
		dirty := me.dirty
		me.dirty = map[string]struct{}{}
		me.mu.Unlock()
		for name := range dirty {
			r.mu.Lock()
			frame := pick(r.frames[name])
			r.mu.Unlock()
			if err := stream.SendMsg(frame); err != nil {
				return err
			}
		}
	}
}

func (r *raw) subscribe(me *rawStream, name string) {
	r.mu.Lock()
	if r.waiting[name] == nil {
		r.waiting[name] = map[*rawStream]struct{}{}
	}
	r.waiting[name][me] = struct{}{}
	r.mu.Unlock()
	me.touch(name)
}

func (r *raw) forget(me *rawStream) {
	r.mu.Lock()
	for _, streams := range r.waiting {
		delete(streams, me)
	}
	r.mu.Unlock()
}
