package main

import (
	"strconv"
	"time"

	"kith/internal/crm"
)

// append writes the answer that Kith gives to the benchmark's question, byte for byte.
func (p page) append(b []byte) []byte {
	b = append(b, `{"data":{"contacts":{"nodes":[`...)
	for i, row := range p.contacts.Rows {
		if i > 0 {
			b = append(b, ',')
		}
		c := row.Contact
		b = appendText(append(b, `{"id":`...), c.ID.String())
		b = appendOptional(append(b, `,"name":`...), c.Name)
		b = appendOptional(append(b, `,"email":`...), c.Email)
		b = appendOptional(append(b, `,"phone":`...), c.Phone)
		b = append(b, `,"lastActivityAt":`...)
		if c.LastActivityAt == nil {
			b = append(b, `null`...)
		} else {
			b = appendTime(b, *c.LastActivityAt)
		}
		b = append(b, `,"sessions":{"nodes":[`...)
		for i, s := range p.sessions[c.ID].Sessions {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendSession(b, s, p.channels[s.ChannelID])
		}
		b = append(b, `]}}`...)
	}
	b = strconv.AppendBool(append(b, `],"pageInfo":{"hasNextPage":`...), p.contacts.More)
	return append(b, `}}}}`...)
}

func appendSession(b []byte, s crm.Session, c crm.Channel) []byte {
	b = appendText(append(b, `{"id":`...), s.ID.String())
	b = appendText(append(b, `,"status":`...), string(s.Status))
	b = appendOptional(append(b, `,"tag":`...), (*string)(s.Tag))
	b = appendOptional(append(b, `,"lastMessagePreview":`...), s.LastMessagePreview)
	b = appendTime(append(b, `,"lastMessageAt":`...), s.LastMessageAt)
	b = strconv.AppendInt(append(b, `,"unreadCount":`...), int64(s.UnreadCount), 10)
	b = appendText(append(b, `,"channel":{"id":`...), c.ID.String())
	b = appendText(append(b, `,"name":`...), c.Name)
	b = appendText(append(b, `,"type":`...), string(c.Type))
	return append(b, `}}`...)
}

func appendTime(b []byte, t time.Time) []byte {
	b = t.UTC().AppendFormat(append(b, '"'), "2006-01-02T15:04:05.999999Z07:00")
	return append(b, '"')
}

func appendOptional(b []byte, s *string) []byte {
	if s == nil {
		return append(b, `null`...)
	}
	return appendText(b, *s)
}

// appendText writes a string of JSON. Runs without anything to escape, which is nearly all, are copied whole.
func appendText(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	b = append(b, s[from:]...)
	return append(b, '"')
}
