package cursor

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"hash"
	"sync"

	"github.com/google/uuid"

	"kith/storage"
)

const (
	nonceSize = 12 // of AES-GCM
	tagSize   = 16
	sealKey   = 32 // AES-256
)

// Sealer encrypts the cursors of lists, so that nobody reads a name or an email in one. The same position has the same cursor:
// the nonce is synthetic, a MAC of the list and the position (as in RFC 5297 and RFC 8452), and two nonces are equal only for
// equal positions, or by chance of 96 bits. AES-GCM (NIST SP 800-38D) then encrypts the position and authenticates it with
// its list. It is safe for concurrent use.
type Sealer struct {
	aead  cipher.AEAD
	nonce []byte // the key of the MAC
	ids   cipher.Block
	works sync.Pool // of *work
}

// work is what sealing works with: the MAC, and room for its sum, for the list and the position, and for what is sealed.
type work struct {
	mac              hash.Hash
	position, sealed []byte
	sum              [sha256.Size]byte
}

// NewSealer seals under keys that are derived from a database's key.
func NewSealer(key []byte) (*Sealer, error) {
	derive := func(purpose string) ([]byte, error) {
		return hkdf.Key(sha256.New, key, nil, "kith cursors: "+purpose, sealKey)
	}
	nonce, err := derive("nonce")
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	seal, err := derive("seal")
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	block, err := aes.NewCipher(seal)
	if err != nil {
		return nil, fmt.Errorf("seal cursors: %w", err)
	}
	s := &Sealer{nonce: nonce}
	if s.aead, err = cipher.NewGCM(block); err != nil {
		return nil, fmt.Errorf("seal cursors: %w", err)
	}
	id, err := derive("identities")
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	if s.ids, err = aes.NewCipher(id); err != nil {
		return nil, fmt.Errorf("seal ids: %w", err)
	}
	s.works.New = func() any { return &work{mac: hmac.New(sha256.New, s.nonce)} }
	return s, nil
}

// List is [ListOf] for a list whose cursors are sealed. Those of a nil Sealer are not.
func (s *Sealer) List(parts ...string) List {
	l := ListOf(parts...)
	l.sealer = s
	return l
}

// SealID is an id in the place of one that is a digest of what its reader must not know, such as a phone. It is the same each time:
// one block of AES, which has as many bits as an id. A nil Sealer leaves the id as it is.
func (s *Sealer) SealID(id uuid.UUID) (out uuid.UUID) {
	if s == nil {
		return id
	}
	s.ids.Encrypt(out[:], id[:])
	return out
}

// OpenID is the id that [Sealer.SealID] sealed.
func (s *Sealer) OpenID(id uuid.UUID) (out uuid.UUID) {
	if s == nil {
		return id
	}
	s.ids.Decrypt(out[:], id[:])
	return out
}

// append appends the cursor of a position to b.
func (s *Sealer) append(b []byte, list List, p storage.Position) []byte {
	w := s.works.Get().(*work)
	w.position = appendPosition(append(w.position[:0], list.name[:]...), p)
	w.mac.Reset()
	_, _ = w.mac.Write(w.position) // never fails, see hash.Hash
	w.sealed = append(append(w.sealed[:0], sealedVersion), w.mac.Sum(w.sum[:0])[:nonceSize]...)
	name, position := w.position[:len(list.name)], w.position[len(list.name):]
	w.sealed = s.aead.Seal(w.sealed, w.sealed[1:], position, name)
	b = encoding.AppendEncode(b, w.sealed)
	s.works.Put(w)
	return b
}

// open returns the position within a cursor.
func (s *Sealer) open(list List, b []byte) ([]byte, error) {
	if len(b) < 1+nonceSize+tagSize || b[0] != sealedVersion {
		return nil, ErrBad
	}
	sealed := b[1+nonceSize:]
	position, err := s.aead.Open(sealed[:0], b[1:1+nonceSize], sealed, list.name[:])
	if err != nil {
		return nil, ErrBad
	}
	return position, nil
}
