package crm

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"math/bits"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// KeyID names an API key. It is no secret.
type KeyID uuid.UUID

const keyPrefix = "key_"

// NewKeyID makes an id for a key created at the given time.
func NewKeyID(at time.Time) KeyID { return KeyID(newUUID(at)) }

func (id KeyID) String() string { return format(keyPrefix, uuid.UUID(id)) }

// ParseKeyID reads what [KeyID.String] wrote, and nothing else; ok is false for any other string.
func ParseKeyID(s string) (id KeyID, ok bool) {
	u, ok := parse(keyPrefix, s)
	return KeyID(u), ok
}

// APIKey is what a program signs in with. Its text is shown once, see [NewKeyText], and only its hash is stored.
type APIKey struct {
	ID   KeyID
	Name string
	Role Role
	// ChannelID is the only channel that a key with the role CHANNEL may report on; nil for any.
	ChannelID *ChannelID
	Hash      [sha256.Size]byte
	// CreatedBy is the subject of the credential that created the key.
	CreatedBy string
	CreatedAt time.Time
	ExpiresAt *time.Time // nil for a key that does not expire
	// LastUsedAt is the start of the hour in which the key was last used; nil if it never was.
	LastUsedAt *time.Time
}

// OwnedKey is a key with its workspace.
type OwnedKey struct {
	APIKey

	Workspace     WorkspaceID
	WorkspaceName string
}

// Viewer is who signs in with the key. Its sign-in is the key, which [APIKey.Revoked] ends.
func (k OwnedKey) Viewer() Viewer {
	v := Viewer{
		Workspace: k.Workspace, WorkspaceName: k.WorkspaceName, Subject: k.ID.String(), Name: k.Name, Role: k.Role,
		SignIn: k.ID.String(), IssuedAt: k.CreatedAt,
	}
	if k.ChannelID != nil {
		v.Channel = *k.ChannelID
	}
	if k.ExpiresAt != nil {
		v.ExpiresAt = *k.ExpiresAt
	}
	return v
}

// Expired reports whether the key is past its time.
func (k APIKey) Expired(now time.Time) bool { return k.ExpiresAt != nil && !now.Before(*k.ExpiresAt) }

// revokedKept is how long processes can learn that a key was revoked. After that it is only gone.
const revokedKept = 24 * time.Hour

// Revoked is the end of everything that was signed in with a key.
func (id KeyID) Revoked(at time.Time) EndedSignIn {
	return EndedSignIn{ID: id.String(), Before: at.Add(revokedKept), Until: at.Add(revokedKept), At: at}
}

// MaxKeyName is how many characters the name of a key can have.
const MaxKeyName = 100

// NormalizeKeyName returns the name of a key as it is stored. The error is an *InvalidError.
func NormalizeKeyName(s string) (string, error) {
	invalid := func(reason string) (string, error) {
		return "", &InvalidError{Field: "name", Subject: "The name", Reason: reason}
	}
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return invalid("cannot be empty")
	case !utf8.ValidString(s), strings.ContainsFunc(s, unicode.IsControl), strings.ContainsRune(s, utf8.RuneError):
		return invalid("cannot contain control characters")
	case utf8.RuneCountInString(s) > MaxKeyName:
		return invalid("can have at most 100 characters")
	}
	return s, nil
}

// Check refuses a key that cannot be. The error is an *InvalidError.
func (k APIKey) Check() error {
	switch {
	case k.ChannelID != nil && k.Role != RoleChannel:
		return &InvalidError{Field: "channelId", Subject: "Only a key with the role CHANNEL", Reason: "can be restricted to a channel"}
	case k.Expired(k.CreatedAt):
		return &InvalidError{Field: "expiresAt", Subject: "The expiry", Reason: "must be in the future"}
	}
	return nil
}

// The text of a key is keyMark, its id (keyIDSize), its secret (keySecretSize: 256 bits) and a checksum (keySumSize): the
// CRC-32 of all that precedes it, so that a secret scanner can recognize a key without asking the server. All but the mark
// is base 62.
const (
	keyMark       = "kith_"
	keyIDSize     = 22
	keySecretSize = 43
	keySumSize    = 6
	keySize       = len(keyMark) + keyIDSize + keySecretSize + keySumSize
	base62        = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	radix         = 62
)

// LooksLikeKey reports whether a credential is meant to be an API key.
func LooksLikeKey(text string) bool { return strings.HasPrefix(text, keyMark) }

// NewKeyText makes the text of a key.
func NewKeyText(id KeyID) string {
	var digits [keyIDSize]byte
	hi, lo := binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:])
	for i := range digits {
		var digit uint64
		hi, digit = hi/radix, hi%radix
		lo, digit = bits.Div64(digit, lo, radix)
		digits[keyIDSize-1-i] = base62[digit]
	}
	text := keyMark + string(digits[:]) + randomBase62(keySecretSize)
	return text + keySum(text)
}

// ParseKeyText returns the id in the text of a key; ok is false for any other text.
func ParseKeyText(text string) (id KeyID, ok bool) {
	if len(text) != keySize || !LooksLikeKey(text) || keySum(text[:keySize-keySumSize]) != text[keySize-keySumSize:] {
		return KeyID{}, false
	}
	var hi, lo uint64
	for _, c := range []byte(text[len(keyMark) : len(keyMark)+keyIDSize]) {
		digit := strings.IndexByte(base62, c)
		over, top := bits.Mul64(hi, radix)
		carry, low := bits.Mul64(lo, radix)
		low, c1 := bits.Add64(low, uint64(digit), 0)
		top, c2 := bits.Add64(top, carry, c1)
		if digit < 0 || over > 0 || c2 > 0 { // no digit, or more than 128 bits
			return KeyID{}, false
		}
		hi, lo = top, low
	}
	binary.BigEndian.PutUint64(id[:8], hi)
	binary.BigEndian.PutUint64(id[8:], lo)
	return id, true
}

// HashKey is what is stored of the text of a key. A slow hash would add nothing: nobody guesses 256 random bits.
func HashKey(text string) [sha256.Size]byte { return sha256.Sum256([]byte(text)) }

func keySum(text string) string {
	var digits [keySumSize]byte
	sum := crc32.ChecksumIEEE([]byte(text))
	for i := range digits {
		digits[keySumSize-1-i] = base62[sum%radix]
		sum /= radix
	}
	return string(digits[:])
}

// randomBase62 is a random text. Bytes beyond the last multiple of 62 are skipped, because some digits would be more likely.
func randomBase62(size int) string {
	const limit = 256 - 256%radix
	out, b := make([]byte, 0, size), make([]byte, size)
	for {
		_, _ = rand.Read(b) // never fails, see crypto/rand
		for _, each := range b {
			if len(out) == size {
				return string(out)
			}
			if int(each) < limit {
				out = append(out, base62[int(each)%radix])
			}
		}
	}
}
