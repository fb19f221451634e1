package main

import (
	"fmt"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// sharingCodec marshals discovery responses without copying the resources in them: the slices it returns refer to the
// bytes that the cache holds. go-control-plane does not ship it; it is what a team that measures would write.
type sharingCodec struct{}

func (sharingCodec) Name() string { return "proto" }

func (sharingCodec) Unmarshal(data mem.BufferSlice, v any) error {
	buffer := data.MaterializeToBuffer(mem.DefaultBufferPool())
	defer buffer.Free()
	return proto.Unmarshal(buffer.ReadOnlyData(), v.(proto.Message))
}

func (sharingCodec) Marshal(v any) (mem.BufferSlice, error) {
	switch response := v.(type) {
	case mem.BufferSlice: // encoded already
		response.Ref()
		return response, nil
	case *discovery.DiscoveryResponse:
		return sotwSlices(response), nil
	case *discovery.DeltaDiscoveryResponse:
		return deltaSlices(response), nil
	case proto.Message:
		bytes, err := proto.Marshal(response)
		return mem.BufferSlice{mem.SliceBuffer(bytes)}, err
	default:
		return nil, fmt.Errorf("cannot marshal %T", v)
	}
}

func sotwSlices(response *discovery.DiscoveryResponse) mem.BufferSlice {
	out := make(mem.BufferSlice, 0, 2*len(response.Resources)+1)
	head := appendText(nil, 1, response.VersionInfo)
	for _, any := range response.Resources {
		head = protowire.AppendTag(head, 2, protowire.BytesType)
		head = protowire.AppendVarint(head, uint64(anySize(any.TypeUrl, any.Value)))
		head = appendAnyHead(head, any.TypeUrl, any.Value)
		out = append(out, mem.SliceBuffer(head), mem.SliceBuffer(any.Value))
		head = nil
	}
	tail := appendText(head, 4, response.TypeUrl)
	return append(out, mem.SliceBuffer(appendText(tail, 5, response.Nonce)))
}

func deltaSlices(response *discovery.DeltaDiscoveryResponse) mem.BufferSlice {
	out := make(mem.BufferSlice, 0, 2*len(response.Resources)+1)
	head := appendText(nil, 1, response.SystemVersionInfo)
	for _, each := range response.Resources {
		any := each.Resource
		// The name goes before the resource, so that the bytes of the resource end the field.
		labels := appendText(appendText(nil, 3, each.Name), 1, each.Version)
		size := anySize(any.TypeUrl, any.Value)
		head = protowire.AppendTag(head, 2, protowire.BytesType)
		head = protowire.AppendVarint(head, uint64(len(labels)+1+protowire.SizeBytes(size)))
		head = append(head, labels...)
		head = protowire.AppendTag(head, 2, protowire.BytesType)
		head = protowire.AppendVarint(head, uint64(size))
		head = appendAnyHead(head, any.TypeUrl, any.Value)
		out = append(out, mem.SliceBuffer(head), mem.SliceBuffer(any.Value))
		head = nil
	}
	tail := appendText(appendText(head, 4, response.TypeUrl), 5, response.Nonce)
	for _, name := range response.RemovedResources {
		tail = appendText(tail, 6, name)
	}
	return append(out, mem.SliceBuffer(tail))
}

func anySize(typeURL string, value []byte) int {
	return 1 + protowire.SizeBytes(len(typeURL)) + 1 + protowire.SizeBytes(len(value))
}

func appendAnyHead(to []byte, typeURL string, value []byte) []byte {
	to = appendText(to, 1, typeURL)
	to = protowire.AppendTag(to, 2, protowire.BytesType)
	return protowire.AppendVarint(to, uint64(len(value)))
}

func appendText(to []byte, field protowire.Number, value string) []byte {
	if value == "" {
		return to
	}
	return protowire.AppendString(protowire.AppendTag(to, field, protowire.BytesType), value)
}
