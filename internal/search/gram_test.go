package search_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"kith/internal/search"
)

// The figures of this test came from the SQL functions contact_grams and name_bucket: Go must agree with them.
func TestGramsAreThoseOfTheDatabase(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]int64{
		1938204648175, 1938204648221, 1938230258998, 1938305564597, 1938305564708, 1938739194170, 1939314961781, 1939314962014, 1939392962015,
		1939392962047, 1939395572769, 1939395572868, 1939948933533, 1940134951617, 1940134951715, 1940180951755, 1940180951865, 1940747683134,
	}, search.TextGrams(7, 3, "ann é\na@b.co\n49")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int64{
		549755982429126251, 549755983218112752, 549755983218241264, 549755984096558221, 549755984433191415, 549755985420845797,
	}, search.TextGrams(2_000_000, 39, "王小😀")); diff != "" {
		t.Error(diff)
	}
	if grams := search.TextGrams(1, 0, ""); len(grams) != 0 {
		t.Errorf("nothing has the grams %d", grams)
	}

	for key, want := range map[string]int{
		"": 0, "0": 0, "a": 1, "ah": 1, "ai": 2, "az": 2, "b": 3, "j": 11, "jh": 11, "ji": 12, "k": 13, "m": 15, "mh": 15, "mi": 16, "n": 17,
		"z": 29, "zz": 29, "{": 30, "\x7f": 30, "é": 31, "ω": 31, "Ѐ": 32, "а": 32, "и": 33, "р": 34, "ш": 35, "я": 35, "ё": 35, "א": 36,
		"\u1100": 36, "あ": 37, "一": 38, "王": 39, "肖": 39, "김": 39, "😀": 39,
	} {
		if got := search.Bucket(key); got != want {
			t.Errorf("Bucket(%q) = %d; want %d", key, got, want)
		}
	}
}

func TestBucketsRiseWithTheKey(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	keys := []string{""}
	for range 20_000 {
		limits := []rune{0x80, 0x100, 0x600, 0x3100, 0xD7FF, 0x1FFFF}
		key := ""
		for range 1 + r.IntN(3) {
			key += string(r.Int32N(limits[r.IntN(len(limits))]))
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for i, key := range keys {
		b := search.Bucket(key)
		if b < 0 || b >= search.Buckets || i > 0 && b < search.Bucket(keys[i-1]) {
			t.Fatalf("%q is in bucket %d", key, b)
		}
	}
}

func TestGrams(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tokens []string
		same   string // a text all of whose grams of the token's length are wanted
		n      int
	}{
		"a long token has its trigrams":               {[]string{"smith"}, "smith", 3},
		"two letters are one gram":                    {[]string{"sm"}, "sm", 1},
		"a common letter is none":                     {[]string{"s"}, "", 0},
		"a rare character is one":                     {[]string{"王"}, "王", 1},
		"tokens add up":                               {[]string{"smith", "ann"}, "smith\nann", 4},
		"a gram of two tokens is one":                 {[]string{"smit", "mith"}, "smith", 3},
		"of many grams four are taken":                {[]string{"abcdefghijklmnopqrstuvwxyz"}, "abcdefghijklmnopqrstuvwxyz", 4},
		"a common letter beside a word adds nothing":  {[]string{"s", "ann"}, "ann", 1},
		"characters are counted, not bytes":           {[]string{"山田"}, "山田", 1},
		"no token has no grams":                       {nil, "", 0},
		"what is in every email is not rare":          {[]string{"@", "."}, "", 0},
		"what stands in few names is":                 {[]string{"%"}, "%", 1},
		"a percent sign within a token is like other": {[]string{"a%b"}, "a%b", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := search.Grams(9, 4, c.tokens)
			if len(got) != c.n || search.Indexable(c.tokens) != (c.n > 0) {
				t.Errorf("%d grams; want %d; indexable %v", len(got), c.n, search.Indexable(c.tokens))
			}
			text := search.TextGrams(9, 4, c.same)
			for _, g := range got {
				if !slices.Contains(text, g) {
					t.Errorf("gram %d is not of %q", g, c.same)
				}
				if g>>38 != 9 || g>>32&63 != 4 {
					t.Errorf("gram %d is of workspace %d, bucket %d", g, g>>38, g>>32&63)
				}
			}
		})
	}
}

func BenchmarkTextGrams(b *testing.B) {
	text := search.KeysOf(contact("Ann Margaret Smith", "ann.smith@example.com", "+4930123456")).Text
	b.ReportAllocs()
	for b.Loop() {
		search.TextGrams(7, 3, text)
	}
}

func TestEveryBucketStartsWhereItSaysAndTheOneBeforeEndsThere(t *testing.T) {
	t.Parallel()
	if len(search.BucketStarts) != search.Buckets+1 {
		t.Fatalf("%d starts of %d buckets", len(search.BucketStarts), search.Buckets)
	}
	for b, start := range search.BucketStarts[:search.Buckets] {
		if got := search.Bucket(start); got != b {
			t.Errorf("%q starts bucket %d, but is in %d", start, b, got)
		}
		if b == 0 {
			continue
		}
		// The highest key below start: its last character one lower, and then all there can be.
		last, size := utf8.DecodeLastRuneInString(start)
		below := start[:len(start)-size] + string(last-1) + search.Ceiling
		if got := search.Bucket(below); got != b-1 {
			t.Errorf("%q is below bucket %d, but in %d", below, b, got)
		}
	}
}

func TestARangeReadsItsBucketsInItsOrder(t *testing.T) {
	t.Parallel()
	r := search.Range{After: search.IndexKey{Key: "b"}, Before: search.IndexKey{Key: "n"}}
	if first, last, step := r.Buckets(2); first != 1 || last != 8 || step != 1 {
		t.Errorf("upwards: %d to %d by %d", first, last, step)
	}
	r.Desc = true
	if first, last, step := r.Buckets(4); first != 4 || last != 0 || step != -1 {
		t.Errorf("downwards: %d to %d by %d", first, last, step)
	}
	if first, last, _ := search.Everything().Buckets(1); first != 0 || last != search.Buckets-1 {
		t.Errorf("everything: %d to %d", first, last)
	}
}
