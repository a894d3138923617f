package storagetest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/storage"
)

// Erased shows that nothing in the database leads from a session to its contact once that is deleted: no row that names
// both, and no chain of rows of which each shares an id or a time with the next. What its messages are known again by does
// not say that they were in the session. dump returns every row of the database as the name of its table and its values:
// ids in hexadecimal, times in microseconds since 1970, all others in any form.
func Erased(t *testing.T, s storage.Store, dump func() [][]string) {
	t.Helper()
	w := newWorld(t, s)
	w.now = time.Date(2026, 1, 5, 9, 30, 0, 123457000, time.UTC)
	ch := w.channel("Shop")
	shared := []string{plain(ch.ID), fmt.Sprint(ch.CreatedAt.UnixMicro())}
	live := func(external string) (crm.ContactID, crm.SessionID) {
		w.message(ch, external, "") // a moment that nothing is of
		r := w.record(w.message(ch, external, "1"))
		w.record(w.message(ch, external, "2"))
		w.changeSession(r.Session.ID, func(s *crm.Session) { s.Status = crm.Escalated })
		w.edit(r.Contact.ID, rename("Name of "+external))
		w.record(w.message(ch, external, "3"))
		at := w.tick()
		w.check(w.AddAudit(w.ctx, w.id, crm.AuditEntry{
			ID: crm.AuditID(crm.NewEventID(at)), Action: crm.ContactExported, ContactID: &r.Contact.ID, Actor: "eve", At: at,
		}))
		return r.Contact.ID, r.Session.ID
	}
	ann, anns := live("ann")
	ben, bens := live("ben")
	w.follow()
	w.until("the activity of both is published", func() bool { return len(w.activity()) >= 4 })
	w.record(w.message(ch, "ann", "4"))
	w.tick()
	d := w.deletion()
	w.check(w.DeleteContact(w.ctx, w.id, ann, d))
	w.sequenceOf(d.Event)
	w.maintain()
	w.changeSession(anns, func(s *crm.Session) { s.Tag = new(crm.General) })
	w.sequenceOf(w.marker())

	rows := dump()
	if !connected(rows, shared, plain(ben), plain(bens)) {
		t.Error("the dump does not show whose session one of a contact is that is there")
	}
	if !slices.ContainsFunc(rows, func(row []string) bool { return slices.Contains(row, plain(ann)) }) {
		t.Error("the dump does not show the audit of the deletion")
	}
	for _, row := range rows {
		if row[0] == "messages" && slices.Contains(row, plain(anns)) {
			t.Error("a message is said to have been in the session of the contact that is gone")
		}
		for n := range 5 {
			digest := crm.Interaction{ChannelID: ch.ID, ExternalID: "ann", MessageID: fmt.Sprint(n)}.MessageDigest()
			if slices.Contains(row, plain(digest)) {
				t.Error("a message is known again by what everybody can make of its ids")
			}
		}
	}
	if connected(rows, shared, plain(ann), plain(anns)) {
		t.Error("the contact that is gone can be found from its session")
		for _, row := range rows {
			t.Log(row)
		}
	}
}

// Secret is in every text that [Forgotten] stores of the contacts that it deletes.
const Secret = "sesame"

// Forgotten shows that nothing is left of contacts that were merged, parted and merged again once the survivor is deleted,
// but their ids. dump is that of [Erased].
func Forgotten(t *testing.T, s storage.Store, dump func() [][]string) {
	t.Helper()
	w := newWorld(t, s)
	ch := w.channel("Shop")
	var people []crm.ContactID
	for n := range 4 {
		i := w.message(ch, fmt.Sprint(Secret, n), "1")
		i.Preview = new("Words of " + Secret)
		i.Profile = verified(fmt.Sprintf("%s%d@example.com", Secret, n), fmt.Sprintf("+4930123450%d", n))
		i.Profile.Name = new(fmt.Sprint("Name of ", Secret, n))
		id := w.record(i).Contact.ID
		people = append(people, id)
		w.edit(id, func(c *crm.Contact) { c.Notes = fmt.Sprint("Notes of ", Secret, n) })
		w.fail(w.failure(ch, i.ExternalID, "unreadable "+Secret))
	}
	a, b, c, d := people[0], people[1], people[2], people[3]
	w.merge(b, c)
	w.undo(w.merge(a, b))
	w.merge(a, b, d)
	w.edit(a, rename("Another name of "+Secret))
	split := w.split(a, nil, crm.IdentityKey{ChannelID: ch.ID, ExternalID: Secret + "0"})
	w.merge(a, split.Split.ID)
	if !holds(dump(), Secret) {
		t.Error("the dump shows nothing of contacts that are there")
	}
	w.remove(a)
	w.maintain()
	for _, row := range dump() {
		if holds([][]string{row}, Secret) {
			t.Errorf("left of a contact that is gone: %q", row)
		}
	}
	w.sound("after all were deleted")
}

// holds reports whether a value of a row has the text in it, in any case.
func holds(rows [][]string, text string) bool {
	return slices.ContainsFunc(rows, func(row []string) bool {
		return slices.ContainsFunc(row, func(v string) bool { return strings.Contains(strings.ToLower(v), text) })
	})
}

// plain is an id as a dump has it.
func plain[ID ~[16]byte](id ID) string { return strings.ReplaceAll(uuid.UUID(id).String(), "-", "") }

var (
	isID   = regexp.MustCompile(`^[0-9a-f]{32}$`)
	isTime = regexp.MustCompile(`^1[67][0-9]{14}$`)
)

// connected reports whether rows lead from one value to the other. What all may share connects nothing.
func connected(rows [][]string, shared []string, from, to string) bool {
	next := map[string][]string{}
	for _, row := range rows {
		var known []string
		for _, v := range row {
			if !isID.MatchString(v) && !isTime.MatchString(v) || slices.Contains(shared, v) {
				continue
			}
			known = append(known, v)
			if isID.MatchString(v) { // with the time in it
				if at, ok := timeOf(v); ok && !slices.Contains(shared, at) {
					known = append(known, at)
				}
			}
		}
		for _, a := range known {
			next[a] = append(next[a], known...)
		}
	}
	seen, todo := map[string]bool{from: true}, []string{from}
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		for _, v := range next[at] {
			if !seen[v] {
				seen[v] = true
				todo = append(todo, v)
			}
		}
	}
	return seen[to]
}

// timeOf is the time in an id, in microseconds, where it is more than a day.
func timeOf(id string) (at string, ok bool) {
	u, err := uuid.Parse(id)
	if err != nil || u.Version() != 7 {
		return "", false
	}
	t := crm.EventID(u).Time()
	return fmt.Sprint(t.UnixMicro()), !t.Equal(t.Truncate(24 * time.Hour))
}
