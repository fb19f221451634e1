package main

// response reads the fields of a DiscoveryResponse or DeltaDiscoveryResponse that an acknowledgement needs, as the bytes
// come, and passes over the rest. Both have the version in field 1, resources in 2, the type in 4, the nonce in 5.
type response struct {
	done func(version, nonce []byte, resources int)

	state     int
	head      [5]byte
	headBytes int
	left      int // of the message
	field     int
	shift     uint
	size      int // of the field
	capture   *[]byte
	version   []byte
	nonce     []byte
	resources int
}

const (
	inHeader = iota
	inTag
	inLength
	inContent
)

func (r *response) feed(bytes []byte) {
	for len(bytes) > 0 {
		switch r.state {
		case inHeader:
			size := copy(r.head[r.headBytes:], bytes)
			r.headBytes += size
			bytes = bytes[size:]
			if r.headBytes < len(r.head) {
				return
			}
			r.headBytes = 0
			r.left = int(r.head[1])<<24 | int(r.head[2])<<16 | int(r.head[3])<<8 | int(r.head[4])
			r.version, r.nonce, r.resources = r.version[:0], r.nonce[:0], 0
			r.state = inTag
			r.endOfMessage()
		case inTag:
			r.field = int(bytes[0] >> 3)
			bytes = bytes[1:]
			r.left--
			r.size, r.shift = 0, 0
			r.state = inLength
		case inLength:
			r.size |= int(bytes[0]&0x7f) << r.shift
			more := bytes[0] >= 0x80
			r.shift += 7
			bytes = bytes[1:]
			r.left--
			if !more {
				r.beginField()
			}
		case inContent:
			size := min(r.size, len(bytes))
			if r.capture != nil {
				*r.capture = append(*r.capture, bytes[:size]...)
			}
			bytes = bytes[size:]
			r.size -= size
			r.left -= size
			if r.size == 0 {
				r.state = inTag
				r.endOfMessage()
			}
		}
	}
}

func (r *response) beginField() {
	r.capture = nil
	switch r.field {
	case 1:
		r.capture = &r.version
	case 2:
		r.resources++
	case 5:
		r.capture = &r.nonce
	}
	r.state = inContent
	if r.size == 0 {
		r.state = inTag
		r.endOfMessage()
	}
}

func (r *response) endOfMessage() {
	if r.left > 0 {
		return
	}
	r.state = inHeader
	r.done(r.version, r.nonce, r.resources)
}
