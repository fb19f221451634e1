// Command swarm is a fleet of xDS clients that costs as little as a client can: many TCP connections with one aggregated
// stream each, hand-made HTTP/2 frames, one thread that waits for all of them. It acknowledges every response as Envoy does
// and looks into none. What is left of the machine is the server's; its own CPU is printed beside every result.
//
// Commands on standard input, a line each; answers on standard output, a JSON object each:
//
//	expect N    watch for N resources from now on; answers {"armed":true}, then {"done":…} when they are there
//	connect     open all streams and subscribe
//	stop K      the first K streams read nothing any more
//	quit
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

func main() {
	var (
		address  = flag.String("address", "127.0.0.1:18000", "IPv4 address and port of the server")
		streams  = flag.Int("streams", 1, "connections, each with one stream")
		variant  = flag.String("variant", "sotw", "sotw or delta")
		clusters = flag.Int("clusters", 1, "names that exist")
		names    = flag.Int("names", 1, "names that each stream subscribes to")
		secure   = flag.Bool("tls", false, "TLS without verification")
	)
	flag.Parse()
	options := streamOptions{delta: *variant == "delta", clusters: *clusters, names: *names}
	meter := &meter{}
	var fleet fleet
	if *secure {
		fleet = newTLSFleet(*address, *streams, options, meter)
	} else {
		fleet = newEpollFleet(*address, *streams, options, meter)
	}
	run(fleet, meter)
}

// fleet is a set of streams, however it waits for them.
type fleet interface {
	connect() error
	// stop makes the first k streams read nothing from now on.
	stop(k int)
	// wait handles what has arrived, and returns when standard input may have a command.
	wait() error
}

func run(fleet fleet, meter *meter) {
	commands := bufio.NewReaderSize(os.Stdin, 4096)
	for {
		check(fleet.wait())
		for {
			line, err := commands.ReadString('\n')
			words := strings.Fields(line)
			if err != nil || len(words) == 0 || words[0] == "quit" {
				return
			}
			switch words[0] {
			case "expect":
				meter.expect(number(words[1]))
				fmt.Println(`{"armed":true}`)
			case "connect":
				from := monotonicNs()
				check(fleet.connect())
				fmt.Printf("{\"connecting\":true,\"fromNs\":%d}\n", from)
			case "stop":
				fleet.stop(number(words[1]))
				fmt.Println(`{"stopped":true}`)
			}
			if commands.Buffered() == 0 {
				break
			}
		}
	}
}

// meter stamps the arrival of what is expected.
type meter struct {
	mu     sync.Mutex
	left   int
	stamps []int64
}

func (m *meter) expect(resources int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left = resources
	m.stamps = m.stamps[:0]
}

// message has arrived whole, with so many resources.
func (m *meter) message(resources int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left <= 0 || resources == 0 {
		return
	}
	m.stamps = append(m.stamps, monotonicNs())
	m.left -= resources
	if m.left > 0 {
		return
	}
	slices.Sort(m.stamps)
	at := func(q float64) int64 { return m.stamps[int(q*float64(len(m.stamps)-1))] }
	fmt.Printf("{\"done\":true,\"messages\":%d,\"p50Ns\":%d,\"p99Ns\":%d,\"lastNs\":%d}\n", len(m.stamps), at(0.5), at(0.99), at(1))
}

func number(word string) int {
	value, err := strconv.Atoi(word)
	check(err)
	return value
}

func check(err error) {
	if err == nil || err == syscall.EINTR {
		return
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
