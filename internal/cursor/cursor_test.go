package cursor_test

import (
	"encoding/base64"
	"errors"
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
