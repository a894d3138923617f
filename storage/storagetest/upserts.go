package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

// upsertOf is a person as another system knows them.
func upsertOf(p person) crm.Upsert {
	var u crm.Upsert
	for _, f := range []struct {
		value string
		to    *crm.Change[*string]
	}{{p.name, &u.Patch.Name}, {p.email, &u.Patch.Email}, {p.phone, &u.Patch.Phone}} {
		if f.value != "" {
			*f.to = crm.To(new(f.value))
		}
	}
	return u
}

// with is the upsert with an identity.
func onChannel(u crm.Upsert, ch crm.Channel, external string) crm.Upsert {
	u.Identity = &crm.IdentityKey{ChannelID: ch.ID, ExternalID: external}
	return u
}

func (w *world) batch(r crm.UpsertRules, upserts ...crm.Upsert) crm.UpsertBatch {
	b := crm.UpsertBatch{Rules: r, At: w.tick(), Actor: "robot"}
	for _, u := range upserts {
		b.Upserts = append(b.Upserts, u.Read("DE", w.now))
	}
	return b
}

func (w *world) upsert(b crm.UpsertBatch) []crm.Upserted {
	w.t.Helper()
	done, err := w.UpsertContacts(w.ctx, w.id, b)
	w.check(err)
	return done
}

func outcomes(done []crm.Upserted) (out []crm.UpsertOutcome) {
	for _, d := range done {
		out = append(out, d.Outcome)
	}
	return out
}

func withKey(b crm.UpsertBatch, key, digest byte) crm.UpsertBatch {
	b.Key, b.Digest = &[32]byte{key}, &[32]byte{digest}
	return b
}

const (
	created, updated, unchanged = crm.UpsertCreated, crm.UpsertUpdated, crm.UpsertUnchanged
	skipped, refused            = crm.UpsertSkipped, crm.UpsertRefused
)

var upsertCases = []testCase{
	{"an upsert finds its contact by id, identity, email or phone, and else makes one", func(w *world) {
		ch := w.channel("Shop")
		ann := w.record(w.message(ch, "ann", "1")).Contact
		people := w.add(person{"Ben", "Ben@Example.com", ""}, person{"Cid", "", "+493012345678"})
		byID := upsertOf(person{name: "Benny"})
		byID.ContactID = &people[0].ID
		known := time.Date(2019, 5, 6, 7, 8, 9, 0, time.UTC)
		fresh := upsertOf(person{"Dan", "dan@example.com", "+49 30 7654321"})
		fresh.CreatedAt, fresh.Patch.Notes = &known, crm.To(new("VIP"))
		done := w.upsert(w.batch(crm.UpsertRules{},
			byID,
			onChannel(upsertOf(person{name: "Ann"}), ch, "ann"),
			upsertOf(person{name: "Ben B.", email: "ben@EXAMPLE.com"}),
			upsertOf(person{name: "Cid C.", phone: "030 / 1234 5678"}),
			fresh,
			upsertOf(person{name: "Dan", email: "dan@example.com"}),
		))
		w.same("outcomes", outcomes(done), []crm.UpsertOutcome{updated, updated, updated, updated, created, unchanged})
		w.same("Ann", done[1].Contact.ID, ann.ID)
		w.same("Ben", w.contact(people[0].ID), *done[2].Contact)
		w.same("Ben's name and email", []string{*done[2].Contact.Name, *done[2].Contact.Email}, []string{"Ben B.", "ben@example.com"})
		w.same("Ben's versions", done[2].Contact.Version, 3)
		w.same("Cid", *w.contact(people[1].ID).Name, "Cid C.")
		dan := w.contact(done[4].Contact.ID)
		w.same("Dan", dan, *done[4].Contact)
		w.same("Dan's values", []any{*dan.Name, *dan.Email, *dan.Phone, dan.Notes, dan.CreatedAt, dan.EmailFrom.Origin},
			[]any{"Dan", "dan@example.com", "+49307654321", "VIP", known, crm.Imported})
		w.same("count", w.count("").Value, 4)
		w.finds("dan@exa", "Dan")
		history, err := w.HistoryByContact(w.ctx, w.id, []crm.ContactID{dan.ID, people[0].ID}, aPage)
		w.check(err)
		w.same("Dan's history", len(history[dan.ID].Events), 1)
		e := history[dan.ID].Events[0]
		w.same("its entry", []any{e.ID, e.Kind, e.Actor, len(e.Changes)}, []any{*done[4].Event, crm.Created, "robot", 4})
		w.same("Ben's newest change", history[people[0].ID].Events[0].ID, *done[2].Event)
		w.sequenceOf(*done[4].Event)
		audit, err := w.AuditByID(w.ctx, w.id, []crm.AuditID{crm.AuditID(*done[4].Event)})
		w.check(err)
		w.same("the audit", audit[crm.AuditID(*done[4].Event)].Action, crm.ContactCreated)
	}},
	{"an upsert that leads to several contacts, or to none by its id, is refused and stops no other", func(w *world) {
		people := w.add(person{"Ann", "ann@example.com", ""}, person{"Ben", "", "+493012345678"})
		w.edit(people[1].ID, func(c *crm.Contact) { c.Notes = "x" })
		gone := upsertOf(person{name: "X"})
		gone.ContactID = new(crm.NewContactID(w.now))
		taken := upsertOf(person{email: "ann@example.com"})
		taken.ContactID = &people[1].ID
		foreign := onChannel(upsertOf(person{name: "X"}), crm.Channel{ID: crm.NewChannelID(w.now)}, "x")
		done := w.upsert(w.batch(crm.UpsertRules{},
			upsertOf(person{"Both", "ann@example.com", "+493012345678"}),
			gone, taken, foreign,
			upsertOf(person{email: "nope"}),
			upsertOf(person{name: "Only a name"}),
			upsertOf(person{name: "Anna", email: "ann@example.com"}),
		))
		w.same("outcomes", outcomes(done), []crm.UpsertOutcome{refused, refused, refused, refused, refused, refused, updated})
		if many, is := errors.AsType[*crm.AmbiguousError](done[0].Refused); !is || len(many.Contacts) != 2 {
			w.t.Errorf("two contacts: %v", done[0].Refused)
		}
		w.wantErr("an id that is not there", done[1].Refused, crm.ErrNotFound)
		if e, is := errors.AsType[*crm.TakenError](done[2].Refused); !is || e.Holder.ID != people[0].ID {
			w.t.Errorf("taken: %v", done[2].Refused)
		}
		for i := 3; i < 6; i++ {
			if _, is := errors.AsType[*crm.InvalidError](done[i].Refused); !is {
				w.t.Errorf("%d: %v", i, done[i].Refused)
			}
		}
		w.same("count", w.count("").Value, 2)
		w.same("Ben", w.contact(people[1].ID).Version, 2)
	}},
	{"what a customer merely typed matches nothing", func(w *world) {
		ch := w.channel("Shop")
		i := w.message(ch, "eve", "1")
		i.Profile = crm.Profile{Email: new("ann@example.com")}
		eve := w.record(i).Contact
		done := w.upsert(w.batch(crm.UpsertRules{}, upsertOf(person{"Ann", "ann@example.com", ""})))
		w.same("outcome", outcomes(done), []crm.UpsertOutcome{created})
		w.same("Eve", w.contact(eve.ID), *eve)
	}},
	{"an upserted identity leads messages to its contact", func(w *world) {
		ch := w.channel("Shop")
		old := w.add(person{"Ben", "ben@example.com", ""})[0]
		done := w.upsert(w.batch(crm.UpsertRules{},
			onChannel(upsertOf(person{name: "Ann"}), ch, "ann"),
			onChannel(upsertOf(person{email: "ben@example.com"}), ch, "ben"),
			onChannel(upsertOf(person{email: "ben@example.com"}), ch, "ben"),
			onChannel(upsertOf(person{email: "ben@example.com"}), ch, crm.SignedPrefix+"ben"),
			onChannel(upsertOf(person{email: "ben@example.com"}), ch, "ann"),
		))
		w.same("outcomes", outcomes(done), []crm.UpsertOutcome{created, updated, unchanged, refused, refused})
		w.same("Ben's version", done[1].Contact.Version, 2)
		for external, id := range map[string]crm.ContactID{"ann": done[0].Contact.ID, "ben": old.ID} {
			r := w.record(w.message(ch, external, "1"))
			w.same(external, r.Contact.ID, id)
			w.same("the session of "+external, *w.session(r.Session.ID).ContactID, id)
		}
		identities, err := w.IdentitiesByContact(w.ctx, w.id, []crm.ContactID{old.ID})
		w.check(err)
		w.same("Ben's identities", len(identities[old.ID]), 1)
	}},
	{"rules leave contacts, make none, and protect what staff entered", func(w *world) {
		ben := w.add(person{"Ben", "ben@example.com", ""})[0]
		both := []crm.Upsert{upsertOf(person{"Benny", "ben@example.com", ""}), upsertOf(person{"Cid", "cid@example.com", ""})}
		done := w.upsert(w.batch(crm.UpsertRules{SkipMatched: true, SkipUnmatched: true}, both...))
		w.same("skipping all", outcomes(done), []crm.UpsertOutcome{skipped, skipped})
		w.same("skipping the matched", outcomes(w.upsert(w.batch(crm.UpsertRules{SkipMatched: true}, both...))), []crm.UpsertOutcome{skipped, created})
		w.same("Ben", w.contact(ben.ID), ben)
		full := upsertOf(person{"Benny", "ben@example.com", "+493012345678"})
		full.Patch.Notes = crm.To(new("From the CRM"))
		done = w.upsert(w.batch(crm.UpsertRules{ProtectStaff: true}, full))
		c := done[0].Contact
		w.same("protected", []any{*c.Name, *c.Phone, c.Notes}, []any{"Ben", "+493012345678", "From the CRM"})
		again := upsertOf(person{"Benny", "ben@example.com", "+493012345679"})
		again.Patch.Notes = crm.To(new("More"))
		c = w.upsert(w.batch(crm.UpsertRules{ProtectStaff: true}, again))[0].Contact
		w.same("what was imported is not staff's, notes are", []any{*c.Name, *c.Phone, c.Notes}, []any{"Ben", "+493012345679", "From the CRM"})
		cleared := upsertOf(person{email: "ben@example.com"})
		cleared.Patch.Name = crm.To[*string](nil)
		c = w.upsert(w.batch(crm.UpsertRules{}, cleared))[0].Contact
		w.same("cleared", c.Name, (*string)(nil))
	}},
	{"a channel does not write over what was imported, and joins a contact by it", func(w *world) {
		ch := w.channel("Shop")
		ann := w.upsert(w.batch(crm.UpsertRules{}, upsertOf(person{"Ann", "ann@example.com", ""})))[0].Contact
		i := w.message(ch, "ann", "1")
		i.Profile = crm.Profile{Name: new("A."), Email: new("ann@example.com"), EmailVerified: true}
		r := w.record(i)
		w.same("the contact", r.Contact.ID, ann.ID)
		w.same("its name", *r.Contact.Name, "Ann")
	}},
	{"a repeated call answers what the first answered and does nothing", func(w *world) {
		ann := w.add(person{"Ann", "ann@example.com", ""})[0]
		upserts := []crm.Upsert{
			upsertOf(person{"Anna", "ann@example.com", ""}), upsertOf(person{"Ben", "ben@example.com", ""}), upsertOf(person{email: "nope"}),
		}
		first := w.upsert(withKey(w.batch(crm.UpsertRules{}, upserts...), 1, 1))
		w.edit(ann.ID, rename("Someone else"))
		again := w.upsert(withKey(w.batch(crm.UpsertRules{}, upserts...), 1, 1))
		w.same("outcomes", outcomes(again), []crm.UpsertOutcome{updated, created, refused})
		w.same("events", []crm.EventID{*again[0].Event, *again[1].Event}, []crm.EventID{*first[0].Event, *first[1].Event})
		w.same("the refusal", again[2].Refused, first[2].Refused)
		w.same("the contact as it is now", *again[0].Contact.Name, "Someone else")
		w.same("the other", again[1].Contact, first[1].Contact)
		w.same("count", w.count("").Value, 2)
		_, err := w.UpsertContacts(w.ctx, w.id, withKey(w.batch(crm.UpsertRules{}, upserts...), 1, 2))
		w.wantErr("the key for something else", err, crm.ErrKeyReused)
		other := w.neighbour()
		w.same("a neighbour's", outcomes(other.upsert(withKey(other.batch(crm.UpsertRules{}, upserts[1]), 1, 2))), []crm.UpsertOutcome{created})
		w.remove(first[1].Contact.ID)
		again = w.upsert(withKey(w.batch(crm.UpsertRules{}, upserts...), 1, 1))
		w.same("deleted since", again[1], crm.Upserted{Outcome: created, Event: first[1].Event})
	}},
	{"what calls answered is forgotten", func(w *world) {
		w.now = start.AddDate(-20, 0, 0)
		one := upsertOf(person{"Ann", "ann@example.com", ""})
		w.upsert(withKey(w.batch(crm.UpsertRules{}, one), 1, 1))
		before := w.now.Add(time.Microsecond)
		w.tick()
		w.upsert(withKey(w.batch(crm.UpsertRules{}, one), 2, 1))
		w.forget(w.ForgetUpserts, before)
		w.same("forgotten", outcomes(w.upsert(withKey(w.batch(crm.UpsertRules{}, one), 1, 2))), []crm.UpsertOutcome{unchanged})
		_, err := w.UpsertContacts(w.ctx, w.id, withKey(w.batch(crm.UpsertRules{}, one), 2, 2))
		w.wantErr("kept", err, crm.ErrKeyReused)
	}},
	{"a preview says what upserts would do and writes nothing", func(w *world) {
		ann := w.add(person{"Ann", "ann@example.com", ""})[0]
		b := w.batch(crm.UpsertRules{},
			upsertOf(person{"Anna", "ann@example.com", ""}), upsertOf(person{"Ben", "ben@example.com", ""}),
			upsertOf(person{"Ben", "ben@example.com", ""}), upsertOf(person{email: "nope"}))
		done, err := w.PreviewUpserts(w.ctx, w.id, b)
		w.check(err)
		w.same("outcomes", outcomes(done), []crm.UpsertOutcome{updated, created, unchanged, refused})
		w.same("Ann", w.contact(ann.ID), ann)
		w.same("count", w.count("").Value, 1)
		w.same("then", outcomes(w.upsert(b)), outcomes(done))
	}},
	{"simultaneous upserts of one person make one contact", func(w *world) {
		const n = 12
		batches := make([]crm.UpsertBatch, n)
		for i := range batches {
			var all []crm.Upsert
			for p := range 5 {
				all = append(all, upsertOf(person{fmt.Sprint("Person ", p), fmt.Sprintf("p%d@example.com", p), fmt.Sprintf("+4930%07d", 1_000_000+p)}))
			}
			if i%2 == 1 {
				slices.Reverse(all)
			}
			batches[i] = w.batch(crm.UpsertRules{}, all...)
			if i < 4 {
				batches[i] = withKey(batches[i], 1, 1)
				batches[i].Upserts = batches[0].Upserts
			}
		}
		results := make([][]crm.Upserted, n)
		w.check(together(n, func(i int) (err error) {
			results[i], err = w.UpsertContacts(w.ctx, w.id, batches[i])
			return err
		}))
		w.same("contacts", w.count("").Value, 5)
		w.same("rows", len(w.list(storage.ContactQuery{Order: storage.Name})), 5)
		made := 0
		for i, r := range results {
			for _, d := range r {
				if d.Outcome == created && (i == 0 || i > 3) {
					made++
				}
			}
			if i > 0 && i < 4 {
				w.same("of the same key", outcomes(r), outcomes(results[0]))
			}
		}
		w.same("created", made, 5)
	}},
}
