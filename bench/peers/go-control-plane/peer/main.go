// Command peer serves one set of ClusterLoadAssignments with go-control-plane, or with bare grpc-go, for the push benchmark.
//
// It is driven over standard input, a command a line, and answers on standard output, a JSON object a line:
// `push I` changes every weight of assignment I; `quit` ends it.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// source is what is measured: something that serves assignments and can be told that one has changed.
type source interface {
	discovery.AggregatedDiscoveryServiceServer
	push(index int) error
}

func main() {
	var (
		mode      = flag.String("mode", "linear", "linear, best, snapshot or raw")
		clusters  = flag.Int("clusters", 1, "assignments")
		endpoints = flag.Int("endpoints", 1000, "endpoints of each")
		cert      = flag.String("cert", "", "PEM certificate; empty: plaintext")
		key       = flag.String("key", "", "PEM key")
		makeCert  = flag.Bool("make-certificate", false, "write a certificate to these files, and end")
	)
	flag.Parse()
	if *makeCert {
		check(makeCertificate(*cert, *key))
		return
	}

	options := []grpc.ServerOption{grpc.MaxConcurrentStreams(100)}
	if *mode != "linear" && *mode != "snapshot" {
		options = append(options, tuned()...)
		debug.SetGCPercent(400)
	}
	if *cert != "" {
		pair, err := tls.LoadX509KeyPair(*cert, *key)
		check(err)
		options = append(options, grpc.Creds(credentials.NewTLS(&tls.Config{Certificates: []tls.Certificate{pair}})))
	}

	fleet := newFleet(*clusters, *endpoints)
	var served source
	switch *mode {
	case "linear", "best":
		served = newLinear(context.Background(), fleet, *mode == "best")
	case "snapshot":
		served = newSnapshot(context.Background(), fleet)
	case "raw":
		served = newRaw(fleet)
	default:
		check(fmt.Errorf("no mode %s", *mode))
	}

	server := grpc.NewServer(options...)
	discovery.RegisterAggregatedDiscoveryServiceServer(server, served)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go func() { check(server.Serve(listener)) }()

	fmt.Printf("{\"port\":%d}\n", listener.Addr().(*net.TCPAddr).Port)
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		words := strings.Fields(commands.Text())
		if len(words) == 0 || words[0] == "quit" {
			break
		}
		index, err := strconv.Atoi(words[1])
		check(err)
		from := monotonicNs()
		check(served.push(index))
		fmt.Printf("{\"fromNs\":%d,\"toNs\":%d}\n", from, monotonicNs())
	}
}

// tuned are the best settings that grpc-go's public options allow for many streams with large messages: static windows
// (no BDP pings), one shared write buffer, a small read buffer.
func tuned() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.WriteBufferSize(128 << 10),
		grpc.SharedWriteBuffer(true),
		grpc.ReadBufferSize(4 << 10),
		grpc.InitialWindowSize(1 << 20),
		grpc.InitialConnWindowSize(1 << 20),
		grpc.ForceServerCodecV2(sharingCodec{}),
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
