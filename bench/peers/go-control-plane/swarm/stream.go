package main

import "fmt"

const endpointType = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"

type streamOptions struct {
	delta    bool
	clusters int
	names    int
}

// path of the method, as gRPC names it.
func (o streamOptions) path() string {
	variant := "Stream"
	if o.delta {
		variant = "Delta"
	}
	return "/envoy.service.discovery.v3.AggregatedDiscoveryService/" + variant + "AggregatedResources"
}

// newStream makes a connection whose stream subscribes to its share of the names and acknowledges what it gets.
func newStream(index int, authority string, options streamOptions, meter *meter) *connection {
	c := newConnection(authority, options.path())
	var names []byte
	for i := range options.names {
		name := fmt.Sprintf("cluster-%05d", (index*options.names+i)%options.clusters)
		names = appendField(names, 3, []byte(name)) // resource_names, and resource_names_subscribe
	}
	node := appendField(appendField(nil, 1, fmt.Appendf(nil, "node-%05d", index)), 2, []byte("swarm"))
	first := sotwRequest(nil, node, names, nil)
	if options.delta {
		first = deltaRequest(node, names, nil)
	}
	reader := &response{done: func(version, nonce []byte, resources int) {
		meter.message(resources)
		if options.delta {
			c.send(deltaRequest(nil, nil, nonce))
		} else {
			c.send(sotwRequest(version, nil, names, nonce))
		}
	}}
	c.message = reader.feed
	c.send(first)
	return c
}

func sotwRequest(version, node, names, nonce []byte) []byte {
	request := appendField(nil, 1, version)
	request = appendField(request, 2, node)
	request = append(request, names...)
	request = appendField(request, 4, []byte(endpointType))
	return appendField(request, 5, nonce)
}

func deltaRequest(node, names, nonce []byte) []byte {
	request := appendField(nil, 1, node)
	request = appendField(request, 2, []byte(endpointType))
	request = append(request, names...)
	return appendField(request, 6, nonce)
}

// appendField appends a length-delimited field; nothing when it is empty. Contents are shorter than 16 KiB.
func appendField(to []byte, field int, content []byte) []byte {
	if len(content) == 0 {
		return to
	}
	to = append(to, byte(field<<3|2))
	if len(content) >= 0x80 {
		to = append(to, byte(len(content))|0x80, byte(len(content)>>7))
	} else {
		to = append(to, byte(len(content)))
	}
	return append(to, content...)
}
