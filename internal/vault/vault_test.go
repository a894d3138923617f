package vault_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kith/internal/crm"
	"kith/internal/vault"
)

var (
	older   = strings.Repeat("old key.", 4)
	newer   = strings.Repeat("new key.", 4)
	secrets = vault.Secrets{Secret: "s3cret-of-the-app", VerifyToken: "token-of-kith", AccessToken: "EAAB-of-the-page"}
	channel = crm.NewChannelID(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
)

func open(t testing.TB, keys ...string) *vault.Vault {
	t.Helper()
	v, err := vault.New(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func seal(t testing.TB, v *vault.Vault) crm.Sealed {
	t.Helper()
	sealed, err := v.Seal(1, channel, secrets)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestWhatIsSealedOpensAgain(t *testing.T) {
	t.Parallel()
	v := open(t, newer)
	sealed := seal(t, v)
	if got, err := v.Open(1, channel, sealed); err != nil || got != secrets {
		t.Errorf("%#v, %v", got.Secret == secrets.Secret, err)
	}
	for _, s := range []string{secrets.Secret, secrets.VerifyToken, newer, "secret"} {
		if bytes.Contains(sealed, []byte(s)) {
			t.Errorf("%q is to be read in what was sealed", s)
		}
	}
	if bytes.Equal(sealed, seal(t, v)) {
		t.Error("sealing twice gives the same text")
	}
}

func TestKeysAreReplacedOneAfterTheOther(t *testing.T) {
	t.Parallel()
	first := seal(t, open(t, older))
	both := open(t, newer, older)
	if got, err := both.Open(1, channel, first); err != nil || got != secrets {
		t.Errorf("with both keys: %v", err)
	}
	if both.Current(first) || !open(t, older).Current(first) {
		t.Error("the older key's text counts as the newer's")
	}
	again := seal(t, both)
	if !both.Current(again) {
		t.Error("sealed under the second key")
	}
	if got, err := open(t, newer).Open(1, channel, again); err != nil || got != secrets {
		t.Errorf("with the newer key alone: %v", err)
	}
	if _, err := open(t, newer).Open(1, channel, first); !errors.Is(err, vault.ErrSealed) {
		t.Errorf("without the key: %v", err)
	}
}

func TestOnlyWhatWasSealedForTheChannelOpens(t *testing.T) {
	t.Parallel()
	v := open(t, newer, older)
	sealed := seal(t, v)
	other := channel
	other[15] ^= 1
	for name, c := range map[string]struct {
		workspace crm.WorkspaceID
		channel   crm.ChannelID
		sealed    crm.Sealed
	}{
		"another workspace":       {2, channel, sealed},
		"another channel":         {1, other, sealed},
		"nothing":                 {1, channel, nil},
		"a byte":                  {1, channel, sealed[:1]},
		"the header alone":        {1, channel, sealed[:9]},
		"less than nonce and tag": {1, channel, sealed[:20]},
		"one byte less":           {1, channel, sealed[:len(sealed)-1]},
		"one byte more":           {1, channel, append(bytes.Clone(sealed), 0)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := v.Open(c.workspace, c.channel, c.sealed); !errors.Is(err, vault.ErrSealed) || got != (vault.Secrets{}) {
				t.Errorf("%v", err)
			}
		})
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 0x40
		if _, err := v.Open(1, channel, changed); !errors.Is(err, vault.ErrSealed) {
			t.Errorf("with byte %d changed: %v", i, err)
		}
	}
}

func TestWithoutAKeyNothingIsSealedNorOpened(t *testing.T) {
	t.Parallel()
	v := open(t)
	if _, err := v.Seal(1, channel, secrets); !errors.Is(err, vault.ErrNoKey) || v.Ready() {
		t.Errorf("%v", err)
	}
	sealed := seal(t, open(t, newer))
	if _, err := v.Open(1, channel, sealed); !errors.Is(err, vault.ErrNoKey) || v.Current(sealed) {
		t.Errorf("%v", err)
	}
}

func TestShortKeysAreRefusedWithoutBeingShown(t *testing.T) {
	t.Parallel()
	for _, keys := range [][]string{{""}, {newer, "short but secret"}, {strings.Repeat("x", vault.MinKey-1)}} {
		_, err := vault.New(keys...)
		if err == nil || strings.Contains(err.Error(), keys[len(keys)-1]) && keys[len(keys)-1] != "" {
			t.Errorf("%v", err)
		}
	}
}

func TestSecretsDoNotShowThemselves(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if shown := fmt.Sprintf(format, secrets); strings.Contains(shown, secrets.Secret) || strings.Contains(shown, secrets.VerifyToken) {
			t.Errorf("%s shows %s", format, shown)
		}
	}
}

func FuzzOpen(f *testing.F) {
	v := open(f, newer, older)
	good := seal(f, v)
	f.Add([]byte(good))
	f.Add([]byte(good[:9]))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := v.Open(1, channel, b)
		if err == nil && !bytes.Equal(b, good) || err != nil && got != (vault.Secrets{}) {
			t.Errorf("%x opens: %v", b, err)
		}
	})
}
