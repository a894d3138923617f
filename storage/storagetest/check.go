package storagetest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

var checkCases = []testCase{
	{"a check finds nothing in a store that was used as it should be, and a repair leaves it alone", func(w *world) {
		web, chat := w.channel("Web"), w.channel("Chat")
		w.load(w.talk(web, person{"Ann", "ann@example.com", "+4930901820"}, "ann", crm.Closed, crm.Active), w.talk(chat, person{}, "nobody"))
		people := w.add(person{name: "Ben de Boer"}, person{email: "x.y-z+tag@mail.example.com"}, person{phone: "+493012345"}, person{})
		for _, name := range largeNames() {
			w.add(person{name: name})
		}
		w.edit(people[0].ID, rename("佐藤 花子"))
		w.edit(people[1].ID, rename("Œuvre O'Brien-Ståhl"))
		w.edit(people[2].ID, func(c *crm.Contact) { c.Phone, c.PhoneFrom = nil, crm.Provenance{} })
		w.remove(people[3].ID)
		r := w.record(w.message(web, "cem", "1"))
		w.record(w.message(web, "cem", "2"))
		i := w.message(chat, "cem", "3")
		i.Profile = crm.Profile{Name: new("Cem"), Email: new("ann@example.com"), EmailVerified: true}
		w.record(i)
		w.record(w.message(web, "dora", "4"))
		w.remove(r.Contact.ID)
		w.edit(w.record(w.message(web, "eve", "5")).Contact.ID, rename("Eve"))
		before := w.list(storage.ContactQuery{Order: storage.Name})
		for _, repair := range []bool{false, true} {
			w.same(fmt.Sprintf("findings, repair %v", repair), w.findings(repair), []storage.Finding(nil))
		}
		w.same("contacts", w.list(storage.ContactQuery{Order: storage.Name}), before)
		w.same("an edited contact", w.contact(people[0].ID).Version, 2)
	}},
	{"a check does not mind sessions that are still being detached", func(w *world) {
		ch := w.channel("Web")
		l := w.talk(ch, person{name: "Ann"}, "ann", slices.Repeat([]crm.SessionStatus{crm.Closed}, 2500)...)
		w.load(l)
		w.remove(l.Contact.ID)
		w.same("findings", w.findings(false), []storage.Finding(nil))
	}},
	{"what is written during a check is no finding, and a repair undoes none of it", func(w *world) {
		ch := w.channel("Web")
		const writers = 6
		contacts := make([]crm.ContactID, writers)
		for i := range contacts {
			contacts[i] = w.record(w.message(ch, fmt.Sprint(i), "first")).Contact.ID
		}
		at := w.now
		w.check(together(writers+1, func(i int) error {
			if i == writers {
				for range 5 {
					if found := w.findings(true); len(found) != 0 {
						return fmt.Errorf("findings: %v", found)
					}
				}
				return nil
			}
			for n := range 20 {
				at := at.Add(time.Duration(n) * time.Second)
				_, err := w.UpdateContact(w.ctx, w.id, contacts[i], crm.ContactEdit{At: at, Change: func(c *crm.Contact) error {
					rename(fmt.Sprintf("Writer%d Round%d", i, n))(c)
					return nil
				}})
				if err != nil {
					return err
				}
				r, err := w.RecordInteraction(w.ctx, w.id, crm.Interaction{
					ChannelID: ch.ID, ExternalID: fmt.Sprint("passing ", i), MessageID: fmt.Sprint(i, " ", n),
					At: at, Received: at, Direction: crm.Inbound,
				})
				if err != nil {
					return err
				}
				if err := w.DeleteContact(w.ctx, w.id, r.Contact.ID, w.deletion()); err != nil {
					return err
				}
			}
			return nil
		}))
		for i := range contacts {
			w.finds(fmt.Sprintf("round19 writer%d", i), fmt.Sprintf("Writer%d Round19", i))
		}
		w.finds("round18")
		w.same("count", w.count("").Value, writers)
	}},
	{"a check of one workspace finds nothing of another, and one that is not there is not found", func(w *world) {
		w.add(person{name: "Ann"})
		other := w.neighbour()
		other.add(make([]person, 300)...)
		rows := 0
		w.check(w.Check(w.ctx, storage.Inspection{
			Workspace: w.name,
			Found:     func(f storage.Finding) { w.t.Errorf("found %v", f) },
			Progress: func(workspace string, n int) {
				rows = max(rows, n)
				if workspace != w.name && workspace != "" {
					w.t.Errorf("it looked at %s", workspace)
				}
			},
		}))
		if rows == 0 {
			w.t.Error("no row was looked at")
		}
		w.wantErr("Check", w.Check(w.ctx, storage.Inspection{Workspace: "nobody's", Found: func(storage.Finding) {}}), crm.ErrNotFound)
	}},
	{"a check reports its progress, and ends with its context", func(w *world) {
		w.add(person{name: "Ann"})
		rows := 0
		w.check(w.Check(w.ctx, storage.Inspection{
			Found:    func(f storage.Finding) { w.t.Errorf("found %v", f) },
			Progress: func(_ string, n int) { rows = max(rows, n) },
		}))
		if rows == 0 {
			w.t.Error("no progress was reported")
		}
		ctx, cancel := context.WithCancel(w.ctx)
		cancel()
		w.wantErr("Check", w.Check(ctx, storage.Inspection{Found: func(storage.Finding) {}}), context.Canceled)
	}},
}

// findings checks the world's workspace, and what belongs to none.
func (w *world) findings(repair bool) []storage.Finding {
	w.t.Helper()
	var found []storage.Finding
	err := w.Check(w.ctx, storage.Inspection{
		Workspace: w.name, Repair: repair, Found: func(f storage.Finding) { found = append(found, f) },
	})
	if err != nil {
		w.t.Errorf("check: %v", err) // not the end of the test: this may be another goroutine
	}
	return found
}
