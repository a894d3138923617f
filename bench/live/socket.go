package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"kith/bench/rig"
)

// socket is a subscriber: as little of a WebSocket client as reads what Kith sends, so that the load generator leaves the
// processors to Kith.
type socket struct {
	conn net.Conn
	in   *bufio.Reader
	took []time.Duration // of each event
}

const subscription = `subscription { contactEvents { id kind contactId version changedFields actor at ` +
	`contact { id displayName name email phone notes version updatedAt lastActivityAt } } }`

// The opcodes (RFC 6455, section 5.2).
const (
	opText  = 1
	opClose = 8
	opPing  = 9
)

// dial opens a socket with an established subscription.
func dial(ctx context.Context, addr string) (*socket, error) {
	t, err := rig.Token("staff")
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &socket{conn: conn, in: bufio.NewReaderSize(conn, 4<<10)}
	_, err = fmt.Fprintf(conn, "GET /graphql HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"+
		"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n", addr)
	if err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(s.in, nil)
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return nil, errors.New(resp.Status)
	}
	query, _ := json.Marshal(subscription)
	for _, step := range []struct{ say, hear string }{
		{`{"type":"connection_init","payload":{"authorization":"Bearer ` + t + `"}}`, "connection_ack"},
		{`{"type":"subscribe","id":"1","payload":{"query":` + string(query) + `}}`, ""},
		{`{"type":"ping"}`, "pong"}, // sent after the subscription: once this is answered, it is established
	} {
		if err := s.say(step.say); err != nil {
			return nil, err
		}
		for step.hear != "" {
			_, text, err := s.hear()
			if err != nil {
				return nil, err
			}
			if bytes.Contains(text, []byte(step.hear)) {
				break
			}
		}
	}
	return s, nil
}

// say sends a message, masked by nothing.
func (s *socket) say(text string) error {
	head := []byte{0x80 | opText, 0x80 | 126, 0, 0, 0, 0, 0, 0}
	binary.BigEndian.PutUint16(head[2:], uint16(len(text)))
	_, err := s.conn.Write(append(head, text...))
	return err
}

// hear returns the next frame, which is good until the next call.
func (s *socket) hear() (opcode byte, payload []byte, err error) {
	head, err := s.in.Peek(2)
	if err != nil {
		return 0, nil, err
	}
	opcode = head[0] & 0xf
	size, skip := int(head[1]&0x7f), 2
	switch size {
	case 126:
		if head, err = s.in.Peek(4); err != nil {
			return 0, nil, err
		}
		size, skip = int(binary.BigEndian.Uint16(head[2:])), 4
	case 127:
		return 0, nil, errors.New("a frame that is too long")
	}
	frame, err := s.in.Peek(skip + size)
	if err != nil {
		return 0, nil, err
	}
	_, _ = s.in.Discard(skip + size)
	return opcode, frame[skip:], nil
}

// stamp writes a time where count finds it again: in a contact's name.
func stamp(t time.Time) string { return "T" + strconv.FormatInt(t.UnixMicro(), 10) + "." }

var stamped = []byte(`"name":"T`)

// count reads n events of edits and keeps how long each took.
func (s *socket) count(n int) error {
	s.took = make([]time.Duration, 0, n)
	for len(s.took) < n {
		opcode, text, err := s.hear()
		if err != nil {
			return err
		}
		switch {
		case opcode == opClose:
			return fmt.Errorf("closed: %q", text)
		case opcode == opPing:
			head := []byte{0x80 | 10, 0x80 | byte(len(text)), 0, 0, 0, 0}
			if _, err := s.conn.Write(append(head, text...)); err != nil {
				return err
			}
			continue
		case bytes.Contains(text[:min(len(text), 40)], []byte(`"type":"error"`)):
			return fmt.Errorf("ended: %s", text)
		}
		_, rest, ok := bytes.Cut(text, stamped)
		if !ok || !bytes.Contains(text, []byte(`"kind":"UPDATED"`)) {
			continue
		}
		digits, _, _ := bytes.Cut(rest, []byte("."))
		sent, err := strconv.ParseInt(string(digits), 10, 64)
		if err != nil {
			return err
		}
		s.took = append(s.took, time.Since(time.UnixMicro(sent)))
	}
	return nil
}
