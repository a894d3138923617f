package cursor_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"kith/internal/cursor"
	"kith/storage"
)

var (
	list = cursor.ListOf("contacts", "NAME", "ASC", "müller")
	id   = uuid.MustParse("0198c2a1-0000-7000-8000-0123456789ab")
)

var positions = map[string]storage.Position{
	"an id alone":                 {ID: id},
	"a time before 1970":          {At: time.Date(1901, 2, 3, 4, 5, 6, 789_000, time.UTC), ID: id},
	"the epoch, which is no time": {At: time.UnixMicro(0).UTC(), ID: id},
	"the reasons of a duplicate":  {Tier: 63, ID: id},
	"a tier and a key":            {Tier: 2, Key: "müller 😀", ID: id},
	"a key of 400 bytes":          {Key: strings.Repeat("\U0010FFFF", 100), ID: id},
	"the longest key":             {Key: strings.Repeat("k", cursor.MaxKey), ID: id},
}

func TestACursorLeadsBackToItsPosition(t *testing.T) {
	t.Parallel()
	for name, p := range positions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := cursor.Decode(list, cursor.Encode(list, p))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(p, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOnlyACursorOfTheListIsAccepted(t *testing.T) {
	t.Parallel()
	good := cursor.Encode(list, storage.Position{Tier: 1, Key: "ann", ID: id})
	raw, _ := base64.RawURLEncoding.DecodeString(good)
	with := func(change func(b []byte) []byte) string {
		return base64.RawURLEncoding.EncodeToString(change(append([]byte(nil), raw...)))
	}
	for name, s := range map[string]string{
		"empty text":        "",
		"no base64":         "!!!",
		"padding":           good + "==",
		"a line end within": good[:10] + "\n" + good[10:],
		"a space in front":  " " + good,
		"a cut one":         good[:20],
		"another version":   with(func(b []byte) []byte { b[0]++; return b }),
		"an unknown tier":   with(func(b []byte) []byte { b[9] = 64; return b }),
		"a time far off":    with(func(b []byte) []byte { b[10] = 0x7f; return b }),
		"a key with a NUL":  with(func(b []byte) []byte { return append(b, 0) }),
		"a key of no UTF-8": with(func(b []byte) []byte { return append(b, 0xff) }),
		"a megabyte":        strings.Repeat("A", 1<<20),
		"another search":    cursor.Encode(cursor.ListOf("contacts", "NAME", "ASC", "mueller"), storage.Position{ID: id}),
		"parts split again": cursor.Encode(cursor.ListOf("contacts", "NAME", "ASCm", "üller"), storage.Position{ID: id}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if p, err := cursor.Decode(list, s); !errors.Is(err, cursor.ErrBad) {
				t.Errorf("got %+v, %v", p, err)
			}
		})
	}
}

// sealed is a sealer of one of several databases.
func sealed(tb testing.TB, database byte) *cursor.Sealer {
	tb.Helper()
	s, err := cursor.NewSealer(bytes.Repeat([]byte{database}, 32))
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestASealedCursorHidesItsPosition(t *testing.T) {
	t.Parallel()
	parts := []string{"contacts", "NAME", "ASC"}
	list, again := sealed(t, 1).List(parts...), sealed(t, 1).List(parts...) // of two processes
	seen := map[string]string{}
	for name, p := range positions {
		text := cursor.Encode(list, p)
		if got, err := cursor.Decode(again, text); err != nil || cmp.Diff(p, got) != "" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if text != cursor.Encode(again, p) {
			t.Errorf("%s: another cursor for the same position", name)
		}
		if seen[text] != "" {
			t.Errorf("%s has the cursor of %s", name, seen[text])
		}
		seen[text] = name
		raw, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || bytes.Contains(raw, p.ID[:]) || p.Key != "" && bytes.Contains(raw, []byte(p.Key[:4])) {
			t.Errorf("%s is readable in %q, %v", name, raw, err)
		}
	}
}

func TestOnlyASealedCursorOfTheListIsAccepted(t *testing.T) {
	t.Parallel()
	parts := []string{"contacts", "NAME", "ASC"}
	list, p := sealed(t, 1).List(parts...), storage.Position{Tier: 1, Key: "ann", ID: id}
	good := cursor.Encode(list, p)
	raw, _ := base64.RawURLEncoding.DecodeString(good)
	bad := map[string]string{
		"empty text": "", "no base64": "!!!", "padding": good + "==", "a line end": good[:10] + "\n" + good[10:], "a cut one": good[:20],
		"more":                      good + "AAAA",
		"one from before the seals": cursor.Encode(cursor.ListOf(parts...), p),
		"another database's":        cursor.Encode(sealed(t, 2).List(parts...), p),
		"another list's":            cursor.Encode(sealed(t, 1).List("contacts", "NAME", "DESC"), p),
		"a megabyte":                strings.Repeat("A", 1<<20),
	}
	for i := range raw {
		changed := bytes.Clone(raw)
		changed[i] ^= 1
		bad[fmt.Sprint("a change of byte ", i)] = base64.RawURLEncoding.EncodeToString(changed)
	}
	for name, text := range bad {
		if got, err := cursor.Decode(list, text); !errors.Is(err, cursor.ErrBad) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := cursor.Decode(cursor.ListOf(parts...), good); !errors.Is(err, cursor.ErrBad) {
		t.Errorf("without the seal: %v", err)
	}
}

func TestWithoutASealerCursorsArePlain(t *testing.T) {
	t.Parallel()
	var none *cursor.Sealer
	if none.List("a", "b") != cursor.ListOf("a", "b") {
		t.Error("another list")
	}
}

func FuzzDecode(f *testing.F) {
	for _, p := range positions {
		f.Add(cursor.Encode(list, p))
	}
	for _, s := range []string{"", "AQ", "\x00", "====", "😀", strings.Repeat("_", 3000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := cursor.Decode(list, s)
		if err != nil {
			return
		}
		if again := cursor.Encode(list, p); again != s {
			t.Errorf("%q was read as %+v, which is written %q", s, p, again)
		}
	})
}

func FuzzRoundTrip(f *testing.F) {
	f.Add(uint8(1), "ann", int64(1_700_000_000_000_000), id[:])
	f.Add(uint8(0), "", int64(-1), []byte{})
	f.Fuzz(func(t *testing.T, tier uint8, key string, at int64, raw []byte) {
		var u uuid.UUID
		copy(u[:], raw)
		p := storage.Position{Tier: int(tier % 64), Key: key, At: time.UnixMicro(at % 100_000_000_000_000_000).UTC(), ID: u}
		got, err := cursor.Decode(list, cursor.Encode(list, p))
		if err != nil {
			if len(key) <= cursor.MaxKey && strings.ToValidUTF8(key, "") == key && !strings.Contains(key, "\x00") {
				t.Errorf("%+v was refused", p)
			}
			return
		}
		if diff := cmp.Diff(p, got); diff != "" {
			t.Error(diff)
		}
	})
}
