// Package cursor encodes the opaque cursors of pages: the position of a row in a list, and which list that is.
//
// A cursor proves nothing: a forged one gives access only to rows that paging would show as well. The package refuses cursors
// that are damaged, too long, of another version, or of another list. The cursors of lists that sort by what a person wrote
// are sealed (see [Sealer]), because cursors end up in addresses and logs.
package cursor

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"kith/storage"
)

// ErrBad means that a cursor is not valid. It gives no reason: a client cannot correct a cursor, only leave it out.
var ErrBad = errors.New("not a cursor of this list")

// MaxKey is the longest key that a position in a cursor may have, in bytes.
const MaxKey = 1024

const (
	plainVersion  = 1                        // a version, the list, the position
	sealedVersion = 2                        // a version, a nonce, the sealed position
	lastTier      = 1<<6 - 1                 // every reason of a duplicate; the tiers of a search are fewer
	fixedSize     = 1 + 8 + len(uuid.UUID{}) // of a position: tier, time, id; the key follows
	headSize      = 1 + len(List{}.name) + fixedSize
	noTime        = -1 << 63
)

var (
	encoding = base64.RawURLEncoding.Strict()
	maxText  = encoding.EncodedLen(1 + nonceSize + fixedSize + MaxKey + tagSize)
	earliest = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	latest   = time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC).UnixMicro()
)

// List identifies a list: a cursor is valid only in the list it was made for.
type List struct {
	name   [8]byte
	sealer *Sealer // nil for a list whose cursors are not sealed
}

// ListOf names a list by everything that decides which rows it has and in which order. Its cursors are not sealed.
func ListOf(parts ...string) List {
	h := sha256.New()
	var size [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(size[:], uint64(len(p)))
		h.Write(size[:])
		h.Write([]byte(p))
	}
	return List{name: [8]byte(h.Sum(nil))}
}

// Encode writes the cursor of a position in a list. The time is kept to the microsecond.
func Encode(list List, p storage.Position) string { return string(Append(nil, list, p)) }

// Append is [Encode] that appends to b.
func Append(b []byte, list List, p storage.Position) []byte {
	if list.sealer != nil {
		return list.sealer.append(b, list, p)
	}
	raw := append(make([]byte, 0, 256), plainVersion) // most keys leave it on the stack
	raw = append(raw, list.name[:]...)
	return encoding.AppendEncode(b, appendPosition(raw, p))
}

func appendPosition(b []byte, p storage.Position) []byte {
	at := int64(noTime)
	if !p.At.IsZero() {
		at = p.At.UnixMicro()
	}
	b = append(b, byte(p.Tier))
	b = binary.BigEndian.AppendUint64(b, uint64(at))
	b = append(b, p.ID[:]...)
	return append(b, p.Key...)
}

// Decode reads what [Encode] wrote for the same list; anything else is [ErrBad].
func Decode(list List, s string) (storage.Position, error) {
	if len(s) > maxText || strings.ContainsAny(s, "\r\n") { // base64 would pass over line ends
		return storage.Position{}, ErrBad
	}
	b, err := encoding.DecodeString(s)
	switch {
	case err != nil:
		return storage.Position{}, ErrBad
	case list.sealer != nil:
		if b, err = list.sealer.open(list, b); err != nil {
			return storage.Position{}, err
		}
	case len(b) < headSize || b[0] != plainVersion || [8]byte(b[1:9]) != list.name:
		return storage.Position{}, ErrBad
	default:
		b = b[9:]
	}
	return readPosition(b)
}

func readPosition(b []byte) (storage.Position, error) {
	if len(b) < fixedSize {
		return storage.Position{}, ErrBad
	}
	p := storage.Position{Tier: int(b[0]), ID: uuid.UUID(b[9:fixedSize]), Key: string(b[fixedSize:])}
	if p.Tier > lastTier || !utf8.ValidString(p.Key) || strings.ContainsRune(p.Key, 0) {
		return storage.Position{}, ErrBad
	}
	switch at := int64(binary.BigEndian.Uint64(b[1:9])); {
	case at == noTime:
	case at <= earliest || at > latest:
		return storage.Position{}, ErrBad
	default:
		p.At = time.UnixMicro(at).UTC()
	}
	return p, nil
}
