package crm_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kith/internal/crm"
)

// hello is an inbound message of Ann's.
func hello() crm.Interaction {
	return crm.Interaction{
		ChannelID: telegram, ExternalID: "ann", MessageID: "1", At: noon, Received: noon.Add(time.Second),
		Direction: crm.Inbound, Preview: new("Hello"), Profile: crm.Profile{Name: new("Ann")}, Event: crm.NewEventID(noon),
	}
}

// knownAnn is what is known once Ann has said hello.
func knownAnn() crm.Known { return after(crm.Known{}, crm.Decide(crm.Known{}, hello()), hello()) }

// after is what is known after an outcome has been written.
func after(k crm.Known, o crm.Outcome, i crm.Interaction) crm.Known {
	c := o.Contact.Clone()
	out := crm.Known{Contact: &c, Session: k.Session}
	if o.Session != nil {
		out.Session = new(o.Session.Clone())
	}
	for _, external := range i.ExternalIDs() {
		n := slices.IndexFunc(k.Identities, func(k crm.KnownIdentity) bool { return k.ExternalID == external })
		known := crm.KnownIdentity{ExternalID: external, ContactID: c.ID, AccountID: o.Account}
		if out.Session != nil {
			known.Session = &out.Session.ID
		}
		if n >= 0 && !slices.Contains(o.Redirected, external) {
			known = k.Identities[n]
		}
		out.Identities = append(out.Identities, known)
	}
	return out
}

func TestDecide(t *testing.T) {
	type want struct {
		creates, edits, newSession, moves bool
		unread, identities, redirected    int
		kinds                             []crm.EventKind
	}
	known := func(change func(*crm.Known)) crm.Known {
		k := knownAnn()
		change(&k)
		return k
	}
	message := func(change func(*crm.Interaction)) crm.Interaction {
		i := hello()
		i.MessageID, i.At, i.Received = "2", noon.Add(time.Minute), noon.Add(time.Minute)
		change(&i)
		return i
	}
	same := func(*crm.Interaction) {}
	tests := map[string]struct {
		known crm.Known
		i     crm.Interaction
		want  want
	}{
		"a stranger becomes a contact with an identity and a session": {
			crm.Known{}, hello(), want{creates: true, newSession: true, unread: 1, identities: 1, kinds: []crm.EventKind{crm.Created, crm.Created}},
		},
		"a second message joins the open session": {knownAnn(), message(same), want{moves: true, unread: 2}},
		"an older message does not move the activity": {
			knownAnn(), message(func(i *crm.Interaction) { i.At = noon.Add(-time.Hour) }), want{unread: 2},
		},
		"a message to the customer moves nothing, and answers what was unread": {
			knownAnn(), message(func(i *crm.Interaction) { i.Direction = crm.Outbound }), want{},
		},
		"an older message to the customer answers nothing": {
			knownAnn(), message(func(i *crm.Interaction) { i.Direction, i.At = crm.Outbound, noon.Add(-time.Hour) }), want{unread: 1},
		},
		"a message to a stranger starts no session": {
			crm.Known{}, message(func(i *crm.Interaction) { i.Direction = crm.Outbound }),
			want{creates: true, identities: 1, kinds: []crm.EventKind{crm.Created}},
		},
		"a message to the customer joins the newest session, closed as it is": {
			known(func(k *crm.Known) { k.Session.Status = crm.Closed }),
			message(func(i *crm.Interaction) { i.Direction = crm.Outbound }), want{},
		},
		"a message from before the closing joins the closed session": {
			known(func(k *crm.Known) { k.Session.Status, k.Session.ClosedAt = crm.Closed, new(noon.Add(time.Hour)) }),
			message(func(i *crm.Interaction) { i.Received = noon.Add(2 * time.Hour) }), want{moves: true, unread: 2},
		},
		"a message from before a closing in the future starts a session: the clock was wrong": {
			known(func(k *crm.Known) { k.Session.Status, k.Session.ClosedAt = crm.Closed, new(noon.Add(time.Hour)) }),
			message(same), want{newSession: true, moves: true, unread: 1, redirected: 1, kinds: []crm.EventKind{crm.Created}},
		},
		"a message from after the closing starts a session": {
			known(func(k *crm.Known) { k.Session.Status, k.Session.ClosedAt = crm.Closed, new(noon) }), message(same),
			want{newSession: true, moves: true, unread: 1, redirected: 1, kinds: []crm.EventKind{crm.Created}},
		},
		"an announcement about a stranger does nothing": {
			crm.Known{}, message(func(i *crm.Interaction) { i.Kind = crm.Announced }), want{},
		},
		"an announcement adds an id and no message": {
			knownAnn(), message(func(i *crm.Interaction) { i.Kind, i.Alias = crm.Announced, "number" }), want{identities: 1},
		},
		"a new id takes the place of a previous one": {
			known(func(k *crm.Known) { k.Identities[0].ExternalID = "old" }),
			message(func(i *crm.Interaction) { i.Kind, i.Previous, i.Profile = crm.Announced, "old", crm.Profile{} }), want{identities: 1},
		},
		"a visitor who was another user says nothing about this one": {
			crm.Known{Identities: []crm.KnownIdentity{{ExternalID: "visitor", ContactID: crm.NewContactID(noon), User: "user:ben"}}},
			message(func(i *crm.Interaction) { i.Signed, i.Alias = true, "visitor" }),
			want{creates: true, newSession: true, unread: 1, identities: 1, kinds: []crm.EventKind{crm.Created, crm.Created}},
		},
		"a new name edits the contact": {
			knownAnn(), message(func(i *crm.Interaction) { i.Profile.Name = new("Anna") }),
			want{edits: true, moves: true, unread: 2, kinds: []crm.EventKind{crm.Updated}},
		},
		"a name that staff entered stays": {
			known(func(k *crm.Known) { k.Contact.NameFrom = crm.Provenance{Origin: crm.Staff} }),
			message(func(i *crm.Interaction) { i.Profile.Name = new("Anna") }), want{moves: true, unread: 2},
		},
		"a closed session is followed by a new one, and the identity leads there": {
			known(func(k *crm.Known) { k.Session.Status = crm.Closed }), message(same),
			want{newSession: true, moves: true, unread: 1, redirected: 1, kinds: []crm.EventKind{crm.Created}},
		},
		"a session that is gone is followed by a new one": {
			known(func(k *crm.Known) { k.Session = nil }), message(same),
			want{newSession: true, moves: true, unread: 1, redirected: 1, kinds: []crm.EventKind{crm.Created}},
		},
		"an alias becomes an identity of the contact": {
			knownAnn(), message(func(i *crm.Interaction) { i.Alias = "ann's number" }), want{moves: true, unread: 2, identities: 1},
		},
		"an alias of another contact stays with that contact": {
			known(func(k *crm.Known) {
				k.Identities = append(k.Identities, crm.KnownIdentity{ExternalID: "shared", ContactID: crm.NewContactID(noon), AccountID: crm.NewAccountID(noon)})
			}),
			message(func(i *crm.Interaction) { i.Alias = "shared" }), want{moves: true, unread: 2},
		},
		"a customer who is proven to be a contact joins it without a session of its own": {
			known(func(k *crm.Known) { k.Identities, k.Session = nil, nil }), message(same),
			want{newSession: true, moves: true, unread: 1, identities: 1, kinds: []crm.EventKind{crm.Created}},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			o := crm.Decide(tc.known, tc.i)
			got := want{
				o.Creates(), o.Edits(), o.NewSession, o.MovesActivity(), 0, len(o.NewIdentities), len(o.Redirected), nil,
			}
			if o.Session != nil {
				got.unread = o.Session.UnreadCount
			}
			for _, e := range o.Events {
				got.kinds = append(got.kinds, e.Kind)
			}
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(want{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestDecideHoldsForEverySequence records random messages one after the other, as a backend would.
func TestDecideHoldsForEverySequence(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var k crm.Known
		version, inbound, newest := 0, 0, time.Time{}
		for n := range 40 {
			at := noon.Add(time.Duration(rng.IntN(100)) * time.Minute)
			i := crm.Interaction{
				ChannelID: telegram, ExternalID: "ann", At: at, Received: noon.Add(time.Duration(100+n) * time.Minute),
				Direction: []crm.Direction{crm.Inbound, crm.Outbound}[rng.IntN(2)],
			}
			if rng.IntN(3) == 0 {
				i.Profile.Name = new([]string{"Ann", "Anna"}[rng.IntN(2)])
			}
			if rng.IntN(4) == 0 {
				i.Alias = "alias"
			}
			before := k
			o := crm.Decide(k, i)
			if i.Direction == crm.Inbound {
				inbound++
				if at.After(newest) {
					newest = at
				}
			}
			if o.Creates() != (n == 0) {
				t.Fatalf("seed %d, message %d: creates a contact: %v", seed, n, o.Creates())
			}
			if v := o.Contact.Version; v != version && v != version+1 || (v != version) != (o.Creates() || o.Edits()) {
				t.Fatalf("seed %d, message %d: version %d after %d", seed, n, v, version)
			}
			if changed := len(o.Contact.ChangesFrom(zeroOr(before.Contact))) > 0; n > 0 && changed != o.Edits() {
				t.Fatalf("seed %d, message %d: edits %v, but changes are %v", seed, n, o.Edits(), changed)
			}
			version = o.Contact.Version
			k = after(k, o, i)
			if rng.IntN(10) == 0 && k.Session != nil {
				k.Session.Status = crm.Closed
			}
			if got := zeroTime(o.Contact.LastActivityAt); !got.Equal(newest) {
				t.Fatalf("seed %d, message %d: activity %v, want %v", seed, n, got, newest)
			}
			if r := o.Recorded(); (r.Event != nil) != (o.Creates() || o.Edits()) || r.Repeated {
				t.Fatalf("seed %d, message %d: recorded %+v", seed, n, r)
			}
			for _, e := range o.Events {
				if e.ID == (crm.EventID{}) {
					t.Fatalf("seed %d, message %d: an event without an id", seed, n)
				}
			}
		}
	}
}

func zeroOr(c *crm.Contact) crm.Contact {
	if c == nil {
		return crm.Contact{}
	}
	return *c
}

func zeroTime(at *time.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return *at
}

// TestDecideLeavesWhatIsKnownAlone makes sure that a transaction which is run again starts from what it read.
func TestDecideLeavesWhatIsKnownAlone(t *testing.T) {
	k, before := knownAnn(), knownAnn()
	*k.Contact, *k.Session = before.Contact.Clone(), before.Session.Clone()
	copy(k.Identities, before.Identities)
	i := hello()
	i.At, i.Profile.Name, i.Profile.Email, i.Preview = noon.Add(time.Hour), new("Anna"), new("ann@example.com"), new("Again")
	crm.Decide(k, i)
	if diff := cmp.Diff(before, k); diff != "" {
		t.Error(diff)
	}
}

func TestAProofLeadsToTheOldestContactThatVouches(t *testing.T) {
	contact := func(age time.Duration, email string, o crm.Origin) crm.Contact {
		c := crm.Contact{ID: crm.NewContactID(noon), CreatedAt: noon.Add(-age), Email: &email, EmailFrom: crm.Provenance{Origin: o}}
		return c
	}
	proof := crm.Profile{Email: new("ann@example.com"), EmailVerified: true}.Proofs()[0]
	young, old := contact(time.Hour, "Ann@example.com", crm.Staff), contact(2*time.Hour, "ann@example.com", crm.Verified)
	claim, other := contact(3*time.Hour, "ann@example.com", crm.Claimed), contact(4*time.Hour, "ben@example.com", crm.Staff)
	if got := proof.Holder([]crm.Contact{young, claim, old, other, old}); got == nil || got.ID != old.ID {
		t.Errorf("got %v, want %v", got, old)
	}
	if got := proof.Holder([]crm.Contact{claim, other}); got != nil {
		t.Errorf("a claim led to %v", got)
	}
	if got := (crm.Profile{Email: new("ann@example.com"), Phone: new("+12025550123")}).Proofs(); len(got) > 0 {
		t.Errorf("what nobody verified proves %v", got)
	}
}

func TestContactEdit(t *testing.T) {
	before := crm.Contact{ID: crm.NewContactID(noon), Name: new("Ann"), Version: 3, CreatedAt: noon, UpdatedAt: noon}
	rename := func(name string) func(*crm.Contact) error {
		return func(c *crm.Contact) error {
			*c.Name, c.Version, c.CreatedAt = name, 99, noon.Add(time.Hour) // the version and the times are not for an edit to set
			return nil
		}
	}
	e := crm.ContactEdit{At: noon.Add(time.Hour + time.Nanosecond), Actor: "eve", Change: rename("Anna")}
	got, event, err := e.Decide(before)
	if err != nil || event == nil {
		t.Fatalf("got %v, %v", event, err)
	}
	want := before
	want.Name, want.Version, want.UpdatedAt = new("Anna"), 4, noon.Add(time.Hour)
	if diff := cmp.Diff(want, got); diff != "" || *before.Name != "Ann" {
		t.Errorf("the contact was %v: %s", *before.Name, diff)
	}
	if event.Version != 4 || event.Actor != "eve" || event.Kind != crm.Updated || !event.At.Equal(got.UpdatedAt) {
		t.Errorf("event %+v", event)
	}
	e.Change = rename("Ann")
	if got, event, err := e.Decide(before); err != nil || event != nil || !cmp.Equal(got, before) {
		t.Errorf("an edit that changes nothing: %v, %v, %v", got, event, err)
	}
	refusal := errors.New("no")
	e.Change = func(c *crm.Contact) error { c.Notes = "x"; return refusal }
	if _, event, err := e.Decide(before); !errors.Is(err, refusal) || event != nil {
		t.Errorf("a refused edit: %v, %v", event, err)
	}
}

func TestSessionEdit(t *testing.T) {
	before := crm.SessionFrom(hello(), crm.NewContactID(noon), crm.NewAccountID(noon))
	before.Tag = new(crm.Complaint)
	e := crm.SessionEdit{At: noon, Change: func(s *crm.Session) error {
		*s.Tag, s.UnreadCount, s.LastMessageAt = crm.General, 0, noon.Add(time.Hour) // the time is not for an edit to set
		return nil
	}}
	got, event, err := e.Decide(before)
	if err != nil || event == nil || *before.Tag != crm.Complaint {
		t.Fatalf("got %v, %v; the tag was %v", event, err, *before.Tag)
	}
	want := before
	want.Tag, want.UnreadCount = new(crm.General), 0
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(event.Changes) != 2 || *event.SessionID != before.ID {
		t.Errorf("event %+v", event)
	}
	e.Change = func(s *crm.Session) error { s.LastMessagePreview = new("x"); return nil }
	if got, event, err := e.Decide(before); err != nil || event != nil || !cmp.Equal(got, before) {
		t.Errorf("an edit of what is not to be edited: %v, %v, %v", got, event, err)
	}
}

func TestUniqueValues(t *testing.T) {
	ann := crm.Contact{ID: crm.NewContactID(noon), Email: new("ann@example.com")}
	after := ann
	after.Email, after.Phone = new("ann@example.com"), new("+12025550123")
	values := crm.UniqueValues(ann, after)
	if diff := cmp.Diff([]crm.FieldValue{{Field: "phone", Value: "+12025550123"}}, values); diff != "" {
		t.Fatal(diff)
	}
	holder := crm.Contact{ID: crm.NewContactID(noon), Phone: new("+12025550123"), PhoneFrom: crm.Provenance{Origin: crm.Staff}}
	var taken *crm.TakenError
	if err := values[0].CheckUnique(ann.ID, []crm.Contact{ann, holder}); !errors.As(err, &taken) || taken.Holder.ID != holder.ID {
		t.Errorf("got %v", err)
	}
	holder.PhoneFrom.Origin = crm.Claimed
	if err := values[0].CheckUnique(ann.ID, []crm.Contact{holder}); err != nil {
		t.Errorf("a claim kept the value: %v", err)
	}
	if err := values[0].CheckUnique(holder.ID, []crm.Contact{holder}); err != nil {
		t.Errorf("a contact is in its own way: %v", err)
	}
}
