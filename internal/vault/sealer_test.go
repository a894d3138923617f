package vault_test

import (
	"bytes"
	"errors"
	"testing"

	"kith/internal/vault"
)

func sealer(t *testing.T, purpose string, keys ...string) *vault.Sealer {
	t.Helper()
	s, err := vault.NewSealer(purpose, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhatIsSealedForOnePurposeOpensForNoOther(t *testing.T) {
	t.Parallel()
	s := sealer(t, "a", newer, older)
	sealed, err := s.Seal([]byte("text"), []byte("about"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := s.Open(sealed, []byte("about")); err != nil || string(plain) != "text" {
		t.Errorf("%q, %v", plain, err)
	}
	if plain, err := sealer(t, "a", older, newer).Open(sealed, []byte("about")); err != nil || string(plain) != "text" {
		t.Errorf("with the keys in another order: %q, %v", plain, err)
	}
	if !s.Current(sealed) || sealer(t, "a", older, newer).Current(sealed) {
		t.Error("the key that seals is not distinguished from the others")
	}
	for name, open := range map[string]func() ([]byte, error){
		"another purpose": func() ([]byte, error) { return sealer(t, "b", newer, older).Open(sealed, []byte("about")) },
		"another matter":  func() ([]byte, error) { return s.Open(sealed, []byte("abouT")) },
		"another key":     func() ([]byte, error) { return sealer(t, "a", older).Open(sealed, []byte("about")) },
		"a changed bit":   func() ([]byte, error) { return s.Open(flipped(sealed), []byte("about")) },
		"a part":          func() ([]byte, error) { return s.Open(sealed[:len(sealed)-1], []byte("about")) },
		"a header alone":  func() ([]byte, error) { return s.Open(sealed[:9], []byte("about")) },
		"nothing":         func() ([]byte, error) { return s.Open(nil, []byte("about")) },
	} {
		if plain, err := open(); plain != nil || !errors.Is(err, vault.ErrSealed) {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
	if _, err := sealer(t, "a").Seal(nil, nil); !errors.Is(err, vault.ErrNoKey) {
		t.Errorf("without a key: %v", err)
	}
	if _, err := vault.NewSealer("a", newer, "short"); err == nil {
		t.Error("took a short key")
	}
}

func flipped(b []byte) []byte {
	b = bytes.Clone(b)
	b[len(b)-1] ^= 1
	return b
}
