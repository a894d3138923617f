package checkup

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

type kinds = []storage.FindingKind

func sameKinds(t *testing.T, want, got kinds) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

var ann = crm.Contact{ID: crm.ContactID{1}, Name: new("Ann Ångström"), Email: new("ann@example.com")}

// sound is a row for a contact beside which everything is right.
func sound() Contact {
	keys := search.KeysOf(ann)
	return Contact{ID: ann.ID, Keys: keys, Stored: search.Keys{Name: keys.Name, Text: keys.Text}, Active: true, Indexed: true}
}

func TestWhatIsWrongWithAContact(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		damage func(*Contact)
		want   kinds
	}{
		"nothing":                            {func(*Contact) {}, nil},
		"a name key of an older folding":     {func(c *Contact) { c.Stored.Name = "old" }, kinds{storage.StaleKeys}},
		"a search text of an older folding":  {func(c *Contact) { c.Stored.Text = "old" }, kinds{storage.StaleKeys}},
		"both, which is one finding":         {func(c *Contact) { c.Stored = search.Keys{} }, kinds{storage.StaleKeys}},
		"no activity":                        {func(c *Contact) { c.Active = false }, kinds{storage.MissingActivity}},
		"no entry in the gram index":         {func(c *Contact) { c.Indexed = false }, kinds{storage.StaleGrams}},
		"a missing term":                     {func(c *Contact) { c.LacksTerms = true }, kinds{storage.MissingTerms}},
		"all of it, in the order of reports": {func(c *Contact) { *c = Contact{Keys: c.Keys, LacksTerms: true} }, kinds{storage.StaleKeys, storage.MissingActivity, storage.StaleGrams, storage.MissingTerms}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row := sound()
			c.damage(&row)
			sameKinds(t, c.want, row.findings())
		})
	}
}

func TestWhatIsWrongWithATerm(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		row  Term
		want storage.FindingKind
	}{
		"the email":                            {Term{Term: search.TermOf("email", "ann@example.com"), Contact: ann, HasContact: true}, ""},
		"a word of the name, as once":          {Term{Term: "smith", Contact: ann, HasContact: true}, storage.ExtraTerm},
		"the empty term":                       {Term{Contact: ann, HasContact: true}, storage.ExtraTerm},
		"a term of a contact that is not here": {Term{Term: "angstrom", Contact: crm.Contact{ID: ann.ID}}, storage.OrphanTerm},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.row.finding(); got != c.want {
				t.Errorf("finding %q, want %q", got, c.want)
			}
		})
	}
}

func TestWhatIsWrongWithAnActivity(t *testing.T) {
	t.Parallel()
	if got := (Activity{Contact: ann.ID, HasContact: true}).finding(); got != "" {
		t.Errorf("a contact's: %q", got)
	}
	if got := (Activity{Contact: ann.ID}).finding(); got != storage.OrphanActivity {
		t.Errorf("nobody's: %q", got)
	}
}

func TestWhatIsWrongWithAnIdentity(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		row  Identity
		want storage.FindingKind
	}{
		"a contact and a session":                 {Identity{Session: new(crm.SessionID{1}), HasContact: true, HasSession: true}, ""},
		"a contact and no session yet":            {Identity{HasContact: true}, ""},
		"a session that is not there":             {Identity{Session: new(crm.SessionID{1}), HasContact: true}, storage.LostSession},
		"a contact that is not there":             {Identity{Session: new(crm.SessionID{1}), HasSession: true}, storage.OrphanIdentity},
		"an account of another contact":           {Identity{HasContact: true, Stray: true}, storage.StrayIdentity},
		"neither, which removing it settles both": {Identity{Session: new(crm.SessionID{1})}, storage.OrphanIdentity},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.row.finding(); got != c.want {
				t.Errorf("finding %q, want %q", got, c.want)
			}
		})
	}
}

func TestWhatIsWrongWithASession(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		row  Session
		want kinds
	}{
		"a contact's":                             {Session{Contact: &ann.ID, HasContact: true, Preview: true, Messages: true}, nil},
		"a contact's without a preview":           {Session{Contact: &ann.ID, HasContact: true}, nil},
		"an anonymous one":                        {Session{}, nil},
		"one of a contact that is not there":      {Session{Contact: &ann.ID, Preview: true}, kinds{storage.OrphanSession}},
		"an anonymous one with a preview":         {Session{Preview: true}, kinds{storage.KeptPreview}},
		"an anonymous one that messages point at": {Session{Messages: true}, kinds{storage.KeptMessages}},
		"an anonymous one with both":              {Session{Messages: true, Preview: true}, kinds{storage.KeptMessages, storage.KeptPreview}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sameKinds(t, c.want, c.row.findings())
		})
	}
}

func TestWhatIsWrongWithAChange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		row  Change
		want storage.FindingKind
	}{
		"an edit":                              {Change{Kind: crm.Updated, Contact: &ann.ID, HasContact: true}, ""},
		"an edit of a contact that is gone":    {Change{Kind: crm.Updated, Contact: &ann.ID}, storage.KeptValues},
		"activity of a contact that is gone":   {Change{Kind: crm.Activity, Contact: &ann.ID}, storage.KeptValues},
		"a creation of a contact that is gone": {Change{Kind: crm.Created, Contact: &ann.ID}, storage.KeptValues},
		"a deletion":                           {Change{Kind: crm.Deleted, Contact: &ann.ID}, ""},
		"an edit that was scrubbed":            {Change{Kind: crm.Updated}, ""},
		"a change of a session":                {Change{Kind: crm.Updated, Contact: &ann.ID, OfSession: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.row.finding(); got != c.want {
				t.Errorf("finding %q, want %q", got, c.want)
			}
		})
	}
}

func TestWantedTermsAreThoseOfEachContactInItsRow(t *testing.T) {
	t.Parallel()
	ben := crm.Contact{ID: crm.ContactID{2}, Phone: new("+4930901820")}
	batch := []Contact{{ID: ann.ID, Keys: search.KeysOf(ann)}, {ID: crm.ContactID{3}}, {ID: ben.ID, Keys: search.KeysOf(ben)}}
	got := map[int][]string{}
	for _, w := range WantedTerms(batch) {
		if w.Contact != batch[w.Row].ID {
			t.Errorf("row %d is of %s, not of %s", w.Row, batch[w.Row].ID, w.Contact)
		}
		got[w.Row] = append(got[w.Row], w.Term)
	}
	want := map[int][]string{0: search.KeysOf(ann).Terms, 2: search.KeysOf(ben).Terms}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("terms (-want +got):\n%s", diff)
	}
}

// Whatever a row is like: what is wrong with it does not depend on what else is, and nothing is wrong once each finding has
// been repaired as [Repairs] says.
func TestRepairsLeaveNothingToFind(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	coin := func() bool { return r.IntN(2) == 0 }
	for range 10_000 {
		c := sound()
		c.Active, c.Indexed, c.LacksTerms = coin(), coin(), coin()
		if coin() {
			c.Stored.Text = "old"
		}
		for _, kind := range c.findings() {
			repaired := c
			repairContact(&repaired, kind)
			sameKinds(t, without(c.findings(), kind), repaired.findings())
			repairContact(&c, kind)
		}
		sameKinds(t, nil, c.findings())

		s := Session{Preview: coin(), Messages: coin(), HasContact: coin()}
		if coin() {
			s.Contact = &ann.ID
		}
		for _, kind := range s.findings() {
			repairSession(&s, kind)
		}
		sameKinds(t, nil, s.findings())

		i := Identity{HasContact: coin(), HasSession: coin()}
		if coin() {
			i.Session = new(crm.SessionID{1})
		}
		kind := i.finding()
		if i.HasContact != (kind != storage.OrphanIdentity) {
			t.Errorf("%+v: %q", i, kind)
		}
		if i.Session = nil; kind == storage.LostSession && i.finding() != "" {
			t.Errorf("an identity whose session was forgotten: %q", i.finding())
		}
	}
}

// repairContact does to a row what repairing one finding does to the database.
func repairContact(c *Contact, kind storage.FindingKind) {
	switch kind {
	case storage.StaleKeys:
		c.Stored.Name, c.Stored.Text = c.Keys.Name, c.Keys.Text
	case storage.MissingActivity:
		c.Active = true
	case storage.StaleGrams:
		c.Indexed = true
	case storage.MissingTerms:
		c.LacksTerms = false
	}
}

func repairSession(s *Session, kind storage.FindingKind) {
	switch kind {
	case storage.OrphanSession:
		*s = Session{}
	case storage.KeptMessages:
		s.Messages = false
	case storage.KeptPreview:
		s.Preview = false
	}
}

func without(k kinds, kind storage.FindingKind) kinds {
	return slices.DeleteFunc(slices.Clone(k), func(o storage.FindingKind) bool { return o == kind })
}
