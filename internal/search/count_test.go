package search_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/internal/search"
)

// counted is a workspace that records how it was counted.
type counted struct {
	search.Source            // not asked for pages
	size, starting, matching int
	grams                    bool
	sample                   search.Sample
	asked                    string
}

func (c *counted) HasGrams() bool { return c.grams }

func (c *counted) Size(context.Context) (int, error) { return c.size, nil }

func (c *counted) CountNames(_ context.Context, _ search.Range, f search.Filter, n int) (int, error) {
	if len(f.With) == 0 {
		return min(c.starting, n), nil
	}
	c.asked = "names"
	return min(c.matching, n), nil
}

func (c *counted) CountGrams(_ context.Context, _ []string, n int) (int, error) {
	c.asked = "grams"
	return min(c.matching, n), nil
}

func (c *counted) Sample(context.Context, search.Query, int) (search.Sample, error) {
	return c.sample, nil
}

// stretches are a hundred of 38 contacts, of which so many match, in turn.
func stretches(matched ...int) search.Sample {
	s := make(search.Sample, search.SampleStretches)
	for i := range s {
		s[i] = search.Stretch{Looked: search.SampleStretch, Matched: matched[i%len(matched)]}
	}
	return s
}

// A search that most texts hold, one that is rare, and one that the gram index knows nothing of.
func TestHowACountIsFound(t *testing.T) {
	t.Parallel()
	const limit, many = 10_000, 1_000_000
	for name, c := range map[string]struct {
		text string
		of   counted
		want int
		how  string
	}{
		"few contacts":                            {"ann", counted{size: 20_000, matching: 7, grams: true}, 7, "names"},
		"few contacts, a rare search":             {"qxqz", counted{size: 20_000, matching: 7, grams: true}, 7, "grams"},
		"enough names start with it":              {"ann", counted{size: many, starting: limit + 1, grams: true}, limit + 1, ""},
		"no sample yet":                           {"ann", counted{size: many, starting: 5, matching: 900, grams: true}, 900, "grams"},
		"no sample and no grams":                  {"a", counted{size: many, matching: many, grams: true}, limit + 1, "names"},
		"a sample without doubt":                  {"ann", counted{size: many, sample: stretches(3), grams: true}, limit + 1, ""},
		"enough with the names":                   {"ann", counted{size: many, starting: 9_000, sample: stretches(1), grams: true}, limit + 1, ""},
		"a sample of next to nothing":             {"ann", counted{size: many, sample: stretches(0, 0, 0, 0, 1), matching: 6_000, grams: true}, 6_000, "grams"},
		"all that match come together":            {"ann", counted{size: many, sample: append(stretches(0)[:98], stretches(38)[:2]...), matching: 8, grams: true}, 8, "grams"},
		"a sample that is full, no workspace":     {"ann", counted{size: 25_000, sample: stretches(10), matching: 9_000, grams: true}, 9_000, "names"},
		"a sample, and no gram of the search":     {"a", counted{size: many, sample: stretches(0, 0, 0, 0, 1), matching: 6_000, grams: true}, 6_000, "names"},
		"a workspace that is not in the index":    {"ann", counted{size: many, sample: stretches(0, 0, 0, 0, 1), matching: 6_000}, 6_000, "names"},
		"a rare search asks no sample":            {"qxqz", counted{size: many, sample: stretches(38), matching: 3, grams: true}, 3, "grams"},
		"a rare search that many names have":      {"qxqz", counted{size: many, starting: limit + 1, grams: true}, limit + 1, ""},
		"a sample of one shows nothing":           {"ann", counted{size: many, sample: stretches(38)[:1], matching: 4, grams: false}, 4, "names"},
		"as many as the limit are counted":        {"ann", counted{size: many, matching: limit, grams: true}, limit, "grams"},
		"more than the limit are reported as one": {"ann", counted{size: many, matching: limit + 7, grams: true}, limit + 1, "grams"},
		"a sample that holds nothing to look at":  {"ann", counted{size: many, sample: make(search.Sample, 100), matching: 2, grams: true}, 2, "grams"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := search.Count(context.Background(), &c.of, search.Parse(c.text, ""), limit)
			if err != nil || got != c.want || c.of.asked != c.how {
				t.Errorf("%d by %q, %v; want %d by %q", got, c.of.asked, err, c.want, c.how)
			}
		})
	}
}

// Samples are drawn of workspaces that hold a little less than the limit: none may say that it is more.
func TestASampleIsNeverMistakenForMore(t *testing.T) {
	t.Parallel()
	const limit, size = 10_000, 1_000_000
	r := rand.New(rand.NewPCG(1, 2))
	for run := range 20_000 {
		together := []int{1, 2, 5, 38}[run%4] // contacts that match come together by so many
		s := make(search.Sample, search.SampleStretches)
		for i := range s {
			s[i].Looked = search.SampleStretch
			for range search.SampleStretch / together {
				if r.IntN(size) < limit {
					s[i].Matched += together
				}
			}
		}
		of := counted{size: size, matching: limit, sample: s, grams: true}
		if n, err := search.Count(context.Background(), &of, search.Parse("ann", ""), limit); err != nil || n != limit {
			t.Fatalf("run %d, %d together: %d, %v", run, together, n, err)
		}
	}
}

func TestSampleBoundsAreForAWorkspaceAsItIs(t *testing.T) {
	t.Parallel()
	var (
		b    search.SampleBounds
		noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
		w    = crm.WorkspaceID(7)
		at   = []crm.ContactID{crm.ContactID(uuid.New())}
	)
	if b.For(w, 1000, noon) != nil {
		t.Fatal("knows bounds")
	}
	got, size, ok := b.Wanted()
	if got != w || size != 1000 || !ok {
		t.Fatalf("wanted: %d, %d, %v", got, size, ok)
	}
	b.Set(w, at, 1000, noon)
	for name, c := range map[string]struct {
		size        int
		after       time.Duration
		known, want bool
	}{
		"the same":          {1000, 0, true, false},
		"a little larger":   {1050, time.Minute, true, false},
		"a little smaller":  {950, time.Minute, true, false},
		"larger":            {1051, 0, false, true},
		"smaller":           {949, 0, false, true},
		"an hour later":     {1000, time.Hour, true, false},
		"more than an hour": {1000, time.Hour + time.Second, true, true},
	} {
		known := b.For(w, c.size, noon.Add(c.after)) != nil
		_, size, wanted := b.Wanted()
		if known != c.known || wanted != c.want || wanted && size != c.size {
			t.Errorf("%s: known %v, wanted %v for %d", name, known, wanted, size)
		}
		b.Set(w, at, 1000, noon)
	}
}
