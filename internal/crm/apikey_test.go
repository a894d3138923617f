package crm

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
)

// keyPattern is what the documentation gives to secret scanners.
var keyPattern = regexp.MustCompile(`^kith_[0-9A-Za-z]{71}$`)

func TestTheTextOfAKeyNamesItAndHasAChecksum(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	seen := map[string]bool{}
	for _, id := range []KeyID{{}, {0: 0xff, 15: 0xff}, NewKeyID(at), NewKeyID(at)} {
		text := NewKeyText(id)
		if !keyPattern.MatchString(text) || seen[text] {
			t.Errorf("%q", text)
		}
		seen[text] = true
		if got, ok := ParseKeyText(text); !ok || got != id {
			t.Errorf("%q: %v, %v", text, got, ok)
		}
		for i := range text { // a checksum finds each mistake of one character
			other := "a"
			if text[i] == 'a' {
				other = "b"
			}
			if _, ok := ParseKeyText(text[:i] + other + text[i+1:]); ok {
				t.Errorf("%q is good with another character at %d", text, i)
			}
		}
	}
}

// TestTheChecksumStaysAsDocumented has a key whose checksum was made by another implementation of CRC-32 and base 62.
func TestTheChecksumStaysAsDocumented(t *testing.T) {
	t.Parallel()
	const text = "kith_0000000000000000000000" + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" + "0RaBaM"
	if _, ok := ParseKeyText(text); !ok {
		t.Errorf("refused; the checksum would be %q", keySum(text[:keySize-keySumSize]))
	}
}

func TestOtherTextsAreNoKeys(t *testing.T) {
	t.Parallel()
	sum := func(s string) string { return s + keySum(s) }
	good := NewKeyText(NewKeyID(time.Now()))
	for name, text := range map[string]string{
		"nothing": "", "the mark": keyMark, "cut": good[:len(good)-1], "longer": good + "0", "a space": good[:10] + " " + good[11:],
		"another mark":            sum("kitH_" + strings.Repeat("1", keyIDSize+keySecretSize)),
		"an id of over 128 bits":  sum(keyMark + strings.Repeat("Z", keyIDSize) + strings.Repeat("1", keySecretSize)),
		"an id with a sign":       sum(keyMark + "-" + strings.Repeat("1", keyIDSize-1) + strings.Repeat("1", keySecretSize)),
		"an id with an underline": sum(keyMark + "1_" + strings.Repeat("1", keyIDSize-2) + strings.Repeat("1", keySecretSize)),
		"a megabyte":              keyMark + strings.Repeat("1", 1<<20),
	} {
		if _, ok := ParseKeyText(text); ok {
			t.Errorf("%s is a key", name)
		}
	}
}

func TestKeysThatCannotBe(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		key   APIKey
		field string // empty for none
	}{
		"a reader":                {APIKey{Role: RoleReader, CreatedAt: now}, ""},
		"any channel":             {APIKey{Role: RoleChannel, CreatedAt: now}, ""},
		"one channel":             {APIKey{Role: RoleChannel, ChannelID: &ChannelID{1}, CreatedAt: now}, ""},
		"an admin of one channel": {APIKey{Role: RoleAdmin, ChannelID: &ChannelID{1}, CreatedAt: now}, "channelId"},
		"an end":                  {APIKey{Role: RoleStaff, CreatedAt: now, ExpiresAt: new(now.Add(time.Second))}, ""},
		"an end that is now":      {APIKey{Role: RoleStaff, CreatedAt: now, ExpiresAt: &now}, "expiresAt"},
	} {
		err := c.key.Check()
		if invalid, _ := errors.AsType[*InvalidError](err); (invalid == nil) != (c.field == "") || invalid != nil && invalid.Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, ok := range map[string]bool{" Dashboard ": true, "": false, " \t ": false, "a\x00b": false, strings.Repeat("é", 100): true, strings.Repeat("é", 101): false, "\xff": false} {
		if got, err := NormalizeKeyName(name); (err == nil) != ok || ok && got != strings.TrimSpace(name) {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
}

// TestOnlyAdminsManageKeys: nobody makes a key that may do more than its maker.
func TestOnlyAdminsManageKeys(t *testing.T) {
	t.Parallel()
	for _, maker := range []Role{RoleReader, RoleStaff, RoleAdmin, RoleChannel, ""} {
		if maker.Can(ManageKeys) != (maker == RoleAdmin) {
			t.Errorf("%q", maker)
		}
	}
}
