package main

import (
	"crypto/tls"
	"net"
	"os"
	"sync"
	"syscall"
)

// tlsFleet has a goroutine per connection, since crypto/tls reads from a net.Conn. All streams share one meter, and so
// take turns.
type tlsFleet struct {
	address string
	streams []*connection
	turn    sync.Mutex
}

func newTLSFleet(address string, count int, options streamOptions, meter *meter) *tlsFleet {
	f := &tlsFleet{address: address}
	for index := range count {
		f.streams = append(f.streams, newStream(index, address, options, meter))
	}
	return f
}

func (f *tlsFleet) connect() error {
	settings := &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}} // loopback, a certificate made for the run
	for _, stream := range f.streams {
		go func() {
			socket, err := net.Dial("tcp", f.address)
			check(err)
			check(f.serve(tls.Client(socket, settings), stream))
		}()
	}
	return nil
}

func (f *tlsFleet) serve(socket net.Conn, stream *connection) error {
	buffer := make([]byte, 32<<10)
	for {
		f.turn.Lock()
		out := stream.out
		stream.out = nil
		f.turn.Unlock()
		if len(out) > 0 {
			if _, err := socket.Write(out); err != nil {
				return err
			}
		}
		n, err := socket.Read(buffer)
		if err != nil {
			return err
		}
		f.turn.Lock()
		err = stream.feed(buffer[:n])
		f.turn.Unlock()
		if err != nil {
			return err
		}
	}
}

func (f *tlsFleet) stop(int) {
	panic("the TLS fleet has no slow readers")
}

// wait returns when standard input can be read.
func (f *tlsFleet) wait() error {
	epoll, err := syscall.EpollCreate1(0)
	if err != nil {
		return err
	}
	defer syscall.Close(epoll)
	input := int(os.Stdin.Fd())
	if err := syscall.EpollCtl(epoll, syscall.EPOLL_CTL_ADD, input, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(input)}); err != nil {
		return err
	}
	var events [1]syscall.EpollEvent
	_, err = syscall.EpollWait(epoll, events[:], -1)
	return err
}
