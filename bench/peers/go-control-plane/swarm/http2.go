package main

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	frameData         = 0x0
	frameHeaders      = 0x1
	frameReset        = 0x3
	frameSettings     = 0x4
	framePing         = 0x6
	frameGoAway       = 0x7
	frameWindowUpdate = 0x8

	flagAck        = 0x1
	flagEndHeaders = 0x4

	settingInitialWindow = 0x4

	// As Envoy: 16 MiB per stream and more per connection, so that flow control is not what is measured.
	window = 16 << 20
	// Consumed bytes after which the window is opened again.
	windowStep = window / 2
)

var errEnded = errors.New("the server has ended a stream")

// connection is the client side of one HTTP/2 connection with one stream, as a machine without I/O: bytes in, bytes out.
type connection struct {
	out []byte
	// message receives the payload of DATA frames.
	message func([]byte)

	head      [9]byte
	headBytes int
	kind      byte
	flags     byte
	left      int
	control   []byte // payload of a frame that is not DATA
	consumed  int

	// What may still be sent, on the stream and on the connection, and what waits for it.
	streamWindow, connectionWindow, initialWindow int
	queued                                        []byte
}

func newConnection(authority, path string) *connection {
	c := &connection{streamWindow: 65535, connectionWindow: 65535, initialWindow: 65535}
	c.out = append(c.out, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"...)
	c.frame(frameSettings, 0, 0, []byte{0, 2, 0, 0, 0, 0, 0, settingInitialWindow, window >> 24, window >> 16 & 0xff, 0, 0})
	c.windowUpdate(0, window)
	var headers []byte
	for _, field := range [][2]string{
		{":method", "POST"}, {":scheme", "http"}, {":path", path}, {":authority", authority},
		{"content-type", "application/grpc"}, {"te", "trailers"},
	} {
		headers = append(headers, 0) // literal, not indexed, name and value plain
		for _, text := range field {
			headers = append(headers, byte(len(text))) // all shorter than 127
			headers = append(headers, text...)
		}
	}
	c.frame(frameHeaders, flagEndHeaders, 1, headers)
	return c
}

// send queues one gRPC message.
func (c *connection) send(message []byte) {
	var head [5]byte
	binary.BigEndian.PutUint32(head[1:], uint32(len(message)))
	c.queued = append(append(c.queued, head[:]...), message...)
	c.flush()
}

func (c *connection) flush() {
	for len(c.queued) > 0 {
		size := min(len(c.queued), 16384, c.streamWindow, c.connectionWindow)
		if size <= 0 {
			return
		}
		c.frame(frameData, 0, 1, c.queued[:size])
		c.queued = c.queued[size:]
		c.streamWindow -= size
		c.connectionWindow -= size
	}
	c.queued = nil
}

// feed takes bytes from the socket.
func (c *connection) feed(bytes []byte) error {
	for len(bytes) > 0 {
		if c.headBytes < len(c.head) {
			size := copy(c.head[c.headBytes:], bytes)
			c.headBytes += size
			bytes = bytes[size:]
			if c.headBytes < len(c.head) {
				return nil
			}
			c.left = int(c.head[0])<<16 | int(c.head[1])<<8 | int(c.head[2])
			c.kind, c.flags = c.head[3], c.head[4]
			c.control = c.control[:0]
			if c.kind == frameData {
				c.consume(c.left)
			}
		}
		size := min(c.left, len(bytes))
		if c.kind == frameData {
			c.message(bytes[:size])
		} else {
			c.control = append(c.control, bytes[:size]...)
		}
		c.left -= size
		bytes = bytes[size:]
		if c.left == 0 {
			c.headBytes = 0
			if err := c.endOfFrame(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *connection) consume(size int) {
	c.consumed += size
	if c.consumed < windowStep {
		return
	}
	c.windowUpdate(0, c.consumed)
	c.windowUpdate(1, c.consumed)
	c.consumed = 0
}

func (c *connection) endOfFrame() error {
	switch c.kind {
	case frameSettings:
		if c.flags&flagAck != 0 {
			return nil
		}
		for at := 0; at+6 <= len(c.control); at += 6 {
			if binary.BigEndian.Uint16(c.control[at:]) != settingInitialWindow {
				continue
			}
			initial := int(binary.BigEndian.Uint32(c.control[at+2:]))
			c.streamWindow += initial - c.initialWindow
			c.initialWindow = initial
		}
		c.frame(frameSettings, flagAck, 0, nil)
		c.flush()
	case framePing:
		if c.flags&flagAck == 0 {
			c.frame(framePing, flagAck, 0, c.control)
		}
	case frameWindowUpdate:
		by := int(binary.BigEndian.Uint32(c.control) & 0x7fffffff)
		if binary.BigEndian.Uint32(c.head[5:])&0x7fffffff == 0 {
			c.connectionWindow += by
		} else {
			c.streamWindow += by
		}
		c.flush()
	case frameReset:
		return fmt.Errorf("%w with reset code %d", errEnded, binary.BigEndian.Uint32(c.control))
	case frameGoAway:
		return fmt.Errorf("%w with GOAWAY %q", errEnded, c.control)
	}
	return nil
}

func (c *connection) windowUpdate(stream uint32, by int) {
	var payload [4]byte
	binary.BigEndian.PutUint32(payload[:], uint32(by))
	c.frame(frameWindowUpdate, 0, stream, payload[:])
}

func (c *connection) frame(kind, flags byte, stream uint32, payload []byte) {
	size := len(payload)
	c.out = append(c.out, byte(size>>16), byte(size>>8), byte(size), kind, flags, byte(stream>>24), byte(stream>>16), byte(stream>>8), byte(stream))
	c.out = append(c.out, payload...)
}
