package main

import (
	"fmt"
	"net"
	"syscall"
)

// epollFleet waits for all plaintext connections in one thread, with one buffer.
type epollFleet struct {
	epoll   int
	address syscall.SockaddrInet4
	streams []*socket
	byFD    map[int32]*socket
	buffer  []byte
	events  [256]syscall.EpollEvent
	meter   *meter
}

type socket struct {
	*connection
	fd      int
	stopped bool
	writing bool // waits for the socket to take more
}

func newEpollFleet(address string, count int, options streamOptions, meter *meter) *epollFleet {
	resolved, err := net.ResolveTCPAddr("tcp4", address)
	check(err)
	epoll, err := syscall.EpollCreate1(0)
	check(err)
	f := &epollFleet{epoll: epoll, byFD: map[int32]*socket{}, buffer: make([]byte, 256<<10), meter: meter}
	f.address.Port = resolved.Port
	copy(f.address.Addr[:], resolved.IP.To4())
	for index := range count {
		f.streams = append(f.streams, &socket{connection: newStream(index, address, options, meter), fd: -1})
	}
	check(f.watch(syscall.EPOLL_CTL_ADD, 0, syscall.EPOLLIN))
	return f
}

func (f *epollFleet) watch(operation, fd int, events uint32) error {
	return syscall.EpollCtl(f.epoll, operation, fd, &syscall.EpollEvent{Events: events, Fd: int32(fd)})
}

func (f *epollFleet) connect() error {
	for _, s := range f.streams {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
		if err != nil {
			return err
		}
		s.fd = fd
		check(syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1))
		if err := syscall.Connect(fd, &f.address); err != nil && err != syscall.EINPROGRESS {
			return err
		}
		f.byFD[int32(fd)] = s
		s.writing = true
		if err := f.watch(syscall.EPOLL_CTL_ADD, fd, syscall.EPOLLIN|syscall.EPOLLOUT); err != nil {
			return err
		}
	}
	return nil
}

func (f *epollFleet) stop(k int) {
	for _, s := range f.streams[:k] {
		s.stopped = true
		check(f.watch(syscall.EPOLL_CTL_DEL, s.fd, 0))
	}
}

func (f *epollFleet) wait() error {
	for {
		n, err := syscall.EpollWait(f.epoll, f.events[:], -1)
		if err != nil && err != syscall.EINTR {
			return err
		}
		command := false
		for _, event := range f.events[:max(n, 0)] {
			if event.Fd == 0 {
				command = true
				continue
			}
			s := f.byFD[event.Fd]
			if s.stopped {
				continue
			}
			if err := f.handle(s, event.Events); err != nil {
				return fmt.Errorf("stream of socket %d: %w", s.fd, err)
			}
		}
		if command {
			return nil
		}
	}
}

func (f *epollFleet) handle(s *socket, events uint32) error {
	if events&(syscall.EPOLLIN|syscall.EPOLLHUP|syscall.EPOLLERR) != 0 {
		n, err := syscall.Read(s.fd, f.buffer)
		switch {
		case err == syscall.EAGAIN || err == syscall.EINTR:
		case err != nil:
			return err
		case n == 0:
			return errEnded
		default:
			if err := s.feed(f.buffer[:n]); err != nil {
				return err
			}
		}
	}
	return f.write(s)
}

func (f *epollFleet) write(s *socket) error {
	for len(s.out) > 0 {
		n, err := syscall.Write(s.fd, s.out)
		if err == syscall.EAGAIN || err == syscall.ENOTCONN {
			break
		}
		if err != nil {
			return err
		}
		s.out = append(s.out[:0], s.out[n:]...)
	}
	if waits := len(s.out) > 0; waits != s.writing {
		s.writing = waits
		events := uint32(syscall.EPOLLIN)
		if waits {
			events |= syscall.EPOLLOUT
		}
		return f.watch(syscall.EPOLL_CTL_MOD, s.fd, events)
	}
	return nil
}
