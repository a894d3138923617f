package storagetest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

// signedMessage is a message of a user whom a site has signed in, who was a visitor before.
func (w *world) signedMessage(ch crm.Channel, user, visitor, id string) crm.Interaction {
	i := w.message(ch, "user:"+user, id)
	i.Signed, i.Alias = true, visitor
	return i
}

// announced is what a provider says of a customer without a message.
func (w *world) announced(ch crm.Channel, external, alias string) crm.Interaction {
	i := w.message(ch, external, "")
	i.Kind, i.Alias, i.Preview = crm.Announced, alias, nil
	return i
}

var accountCases = []testCase{
	{"an identity that an email leads to a contact is an account of its own", func(w *world) {
		web := w.channel("Web")
		ann := w.add(person{"Ann", annsEmail, ""})[0]
		one, two := w.recordProfile(web, "one", verified(annsEmail, "")), w.recordProfile(web, "two", verified(annsEmail, ""))
		w.same("contacts", []crm.ContactID{one.Contact.ID, two.Contact.ID}, []crm.ContactID{ann.ID, ann.ID})
		if *one.Session.AccountID == *two.Session.AccountID || one.Session.AccountID.First(ann.ID) {
			w.t.Error("two customers of a channel share an account")
		}
		w.same("session as read", w.session(two.Session.ID), *two.Session)
		w.same("account of the identity", *w.accountOn(ann.ID, web.ID), *one.Session.AccountID)
		w.same("sessions", len(w.sessions(storage.SessionFilter{Contact: &ann.ID})), 2)
		w.remove(ann.ID)
		w.same("anonymous", w.counts(storage.SessionFilter{Anonymous: new(true)}).Total, 2)
		w.sound("after the deletion of a contact with accounts")
	}},
	{"a customer has a session with each account of the workspace that the channel receives for", func(w *world) {
		ch := w.channel("WhatsApp")
		to := func(account, id string) crm.Recorded {
			i := w.message(ch, "ann", id)
			i.Account = account
			return w.record(i)
		}
		old := to("", "0")
		one := to("one", "1")
		w.same("session that had no account", one.Session.ID, old.Session.ID)
		w.same("its account", w.session(old.Session.ID).ChannelAccount, "one")
		two := to("two", "2")
		if two.Session.ID == one.Session.ID || two.Contact.ID != one.Contact.ID {
			w.t.Error("a message to another account of the workspace joined the session with the first")
		}
		w.same("account", two.Session.ChannelAccount, "two")
		for n, want := range []crm.Recorded{one, two, two, one} {
			w.same("session", to(want.Session.ChannelAccount, fmt.Sprint(n+3)).Session.ID, want.Session.ID)
		}
		w.changeSession(two.Session.ID, func(s *crm.Session) { s.Status = crm.Closed })
		next := to("two", "8")
		if next.Session.ID == two.Session.ID {
			w.t.Error("a message joined a closed session")
		}
		w.same("session with the first account", to("one", "9").Session.ID, one.Session.ID)
		w.same("new session with the second", to("two", "10").Session.ID, next.Session.ID)
	}},
	{"a message of the team's starts no session, and joins the newest, closed or not", func(w *world) {
		ch := w.channel("Shop")
		out := func(id string) crm.Interaction {
			i := w.message(ch, "ann", id)
			i.Direction = crm.Outbound
			return i
		}
		first := out("1")
		r := w.record(first)
		w.same("session", r.Session, (*crm.Session)(nil))
		w.same("the same again", w.record(first), crm.Recorded{Repeated: true})
		w.same("sessions", len(w.all()), 0)
		w.same("the team's next one", w.record(out("2")).Session, (*crm.Session)(nil))
		in := w.says(ch, "ann", "3")
		w.same("contact", in.Contact.ID, r.Contact.ID)
		w.same("session of an answer", w.record(out("4")).Session.ID, in.Session.ID)
		w.changeSession(in.Session.ID, func(s *crm.Session) { s.Status = crm.Closed })
		late := w.record(out("5"))
		w.same("session of a late answer", late.Session.ID, in.Session.ID)
		w.same("its status", w.session(in.Session.ID).Status, crm.Closed)
		w.same("sessions", len(w.all()), 1)
		w.sound("after messages of the team's")
	}},
	{"a message that is revised or withdrawn changes the preview where it is the newest", func(w *world) {
		ch := w.channel("Shop")
		first, newest := w.message(ch, "ann", "1"), w.message(ch, "ann", "2")
		r := w.record(first)
		w.record(newest)
		revise := func(kind crm.InteractionKind, id string, text *string) crm.Recorded {
			i := w.message(ch, "ann", id)
			i.Kind, i.Preview = kind, text
			return w.record(i)
		}
		before := w.session(r.Session.ID)
		w.same("of an older one", revise(crm.Revised, "1", new("Other words")).Repeated, true)
		w.same("of an unknown one", revise(crm.Withdrawn, "3", nil), crm.Recorded{})
		w.same("session", w.session(r.Session.ID), before)
		got := revise(crm.Revised, "2", new("Better words"))
		before.LastMessagePreview = new("Better words")
		w.same("answer", *got.Session, before)
		w.same("session after a revision", w.session(r.Session.ID), before)
		w.same("the same once more", revise(crm.Revised, "2", new("Better words")).Repeated, true)
		revise(crm.Withdrawn, "2", nil)
		before.LastMessagePreview = nil
		w.same("session after a withdrawal", w.session(r.Session.ID), before)
		w.same("contacts", w.count("").Value, 1)
		w.remove(r.Contact.ID)
		w.same("of a deleted contact's", revise(crm.Revised, "2", new("Words")), crm.Recorded{Repeated: true})
		w.same("preview", w.session(r.Session.ID).LastMessagePreview, (*string)(nil))
		_, err := w.RecordInteraction(w.ctx, w.id, crm.Interaction{
			Kind: crm.Revised, ChannelID: crm.NewChannelID(w.now), ExternalID: "ann", MessageID: "2", At: w.now, Received: w.now,
		})
		w.wantErr("on a channel that is not there", err, crm.ErrNotFound)
	}},
	{"a message that was changed is activity of its session", func(w *world) {
		ch := w.channel("Shop")
		r := w.says(ch, "ann", "1")
		w.follow()
		i := w.message(ch, "ann", "1")
		i.Kind, i.Preview = crm.Revised, new("Better words")
		w.record(i)
		w.until("the activity is published", func() bool {
			return slices.ContainsFunc(w.activity(), func(e crm.Event) bool { return e.SessionID != nil && *e.SessionID == r.Session.ID })
		})
	}},
	{"an announcement tells which ids are one customer's, and makes nobody", func(w *world) {
		ch := w.channel("WhatsApp")
		w.same("of strangers", w.record(w.announced(ch, "number", "user")), crm.Recorded{})
		w.same("contacts", w.count("").Value, 0)
		ann := w.says(ch, "number", "1")
		i := w.announced(ch, "user", "number")
		i.Profile = verified("", annsPhone)
		r := w.record(i)
		w.same("contact", r.Contact.ID, ann.Contact.ID)
		w.same("session", r.Session, (*crm.Session)(nil))
		w.same("identities", w.externals(ann.Contact.ID), []string{"number", "user"})
		w.same("phone", w.contact(ann.Contact.ID).Phone, new(annsPhone))
		w.same("last activity", w.contact(ann.Contact.ID).LastActivityAt, ann.Contact.LastActivityAt)
		w.same("unread", w.session(ann.Session.ID).UnreadCount, 1)
		w.same("session of the next message", w.says(ch, "user", "2").Session.ID, ann.Session.ID)
		again := w.announced(ch, "user", "number")
		w.record(again)
		w.record(again)
		w.same("identities", w.externals(ann.Contact.ID), []string{"number", "user"})
		w.sound("after announcements")
	}},
	{"a name that was looked up is what the identity is called, and a message's is not", func(w *world) {
		ch := w.channel("Messenger")
		r := w.says(ch, "ann", "1")
		i := w.announced(ch, "ann", "")
		i.Profile.Name = new("Ann Looked Up")
		w.record(i)
		next := w.message(ch, "ann", "2")
		next.Profile.Name = new("Ann")
		w.record(next)
		found, err := w.IdentitiesByContact(w.ctx, w.id, []crm.ContactID{r.Contact.ID})
		w.check(err)
		w.same("identity", found[r.Contact.ID][0].DisplayName, i.Profile.Name)
	}},
	{"a new id joins the account of the one that it replaces", func(w *world) {
		ch := w.channel("WhatsApp")
		ann := w.says(ch, "old", "1")
		i := w.announced(ch, "new", "")
		i.Previous = "old"
		w.same("contact", w.record(i).Contact.ID, ann.Contact.ID)
		r := w.says(ch, "new", "2")
		w.same("session", r.Session.ID, ann.Session.ID)
		w.same("account", r.Session.AccountID, ann.Session.AccountID)
		w.same("identities", w.externals(ann.Contact.ID), []string{"new", "old"})
	}},
	{"the announcement of a new id waits for a message from the old one that was written before", func(w *world) {
		ch, other := w.channel("WhatsApp"), w.channel("Another")
		before := w.message(ch, "old", "1")
		i := w.announced(ch, "new", "user")
		i.Previous, i.At, i.Account = "old", before.At.Add(time.Second), "shop"
		i.Profile = crm.Profile{Phone: new("+4930123456"), PhoneVerified: true}
		w.same("while nobody is known", w.record(i), crm.Recorded{})
		w.same("waiting on another channel", w.says(other, "old", "1").Waiting, []crm.Interaction(nil))
		after := w.message(ch, "old", "2")
		after.At, after.Received = i.At.Add(time.Second), i.At.Add(time.Hour)
		later := w.record(after)
		w.same("waiting for who got the number", later.Waiting, []crm.Interaction(nil))
		w.remove(later.Contact.ID)
		w.same("waiting once the customer was erased", w.record(before).Waiting, []crm.Interaction(nil))
	}},
	{"an announcement that waited is taken in once its customer is known", func(w *world) {
		ch := w.channel("WhatsApp")
		before, unheard := w.message(ch, "old", "1"), w.message(ch, "older", "1")
		i := w.announced(ch, "new", "user")
		i.Previous, i.At, i.Account = "old", before.At.Add(time.Second), "shop"
		i.Profile = crm.Profile{Phone: new("+4930123456"), PhoneVerified: true}
		w.record(i)
		i.Previous = "older"
		w.record(i)
		r := w.record(before)
		if len(r.Waiting) != 1 {
			w.t.Fatalf("%d announcements wait", len(r.Waiting))
		}
		waited := r.Waiting[0]
		want := i
		want.Previous, want.Received, want.Event, want.MessageID = "old", time.Time{}, crm.EventID{}, ""
		w.same("what waited", waited, want)
		waited.Received = w.tick()
		w.same("contact", w.record(waited).Contact.ID, r.Contact.ID)
		w.same("identities", w.externals(r.Contact.ID), []string{"new", "old", "user"})
		w.same("phone", w.contact(r.Contact.ID).Phone, i.Profile.Phone)
		w.same("session of the next message", w.says(ch, "new", "2").Session.ID, r.Session.ID)
		w.remove(r.Contact.ID) // with what is announced of another id
		w.same("waiting once it was erased", w.record(unheard).Waiting, []crm.Interaction(nil))
		w.sound("after announcements that waited")
	}},
	{"an announcement does not wait for ever", func(w *world) {
		w.now = time.Date(2017, 5, 1, 12, 0, 0, 0, time.UTC)
		ch := w.channel("WhatsApp")
		before, i := w.message(ch, "old", "1"), w.announced(ch, "new", "")
		i.Previous, i.At = "old", before.At.Add(time.Second)
		w.record(i)
		w.forget(w.ForgetMessages, i.Received.AddDate(0, 0, 1))
		w.same("waiting", w.record(before).Waiting, []crm.Interaction(nil))
	}},
	{"two ids in one message prove two contacts to be one, until that is dealt with", func(w *world) {
		ch := w.channel("WhatsApp")
		ann, anna := w.names(ch, "1", "number"), w.names(ch, "1", "user")
		r := w.names(ch, "2", "number", "user")
		w.same("contact", r.Contact.ID, ann.Contact.ID)
		want := crm.Proven{Contacts: [2]crm.ContactID{ann.Contact.ID, anna.Contact.ID}, Channel: ch.ID, At: w.now}
		w.same("answer", r.Proven, &want)
		want.Contacts[0], want.Contacts[1] = want.Ordered()
		w.same("proofs", w.proofs(), []crm.Proven{want})
		w.check(w.SettleProven(w.ctx, w.id, want))
		w.same("proofs that are settled", w.proofs(), []crm.Proven(nil))
		page, err := w.Duplicates(w.ctx, w.id, storage.DuplicateQuery{Contact: &anna.Contact.ID, Page: aPage})
		w.check(err)
		w.same("pairs to judge", len(page.Duplicates), 1)
		w.same("contacts", page.Duplicates[0].Contacts, want.Contacts)
		w.same("reasons", page.Duplicates[0].Reasons, crm.ReasonsOf(crm.ProvenSame))
	}},
	{"a proof of a contact that is merged meanwhile is one of the survivor", func(w *world) {
		ch := w.channel("WhatsApp")
		a, b, c := w.names(ch, "1", "a").Contact.ID, w.names(ch, "1", "b").Contact.ID, w.names(ch, "1", "c").Contact.ID
		w.names(ch, "2", "b", "c")
		w.merge(a, b)
		proofs := w.proofs()
		if len(proofs) != 1 {
			w.t.Fatalf("%d proofs", len(proofs))
		}
		want := crm.Proven{Contacts: [2]crm.ContactID{a, c}}
		want.Contacts[0], want.Contacts[1] = want.Ordered()
		w.same("contacts", proofs[0].Contacts, want.Contacts)
		w.merge(a, c)
		w.same("proofs that a contact is itself", w.proofs(), []crm.Proven(nil))
	}},
	{"a user whom the site signs in keeps the visitor's session", func(w *world) {
		ch := w.channel("Web")
		visitor := w.says(ch, "visitor", "1")
		r := w.record(w.signedMessage(ch, "ann", "visitor", "2"))
		w.same("contact", r.Contact.ID, visitor.Contact.ID)
		w.same("session", r.Session.ID, visitor.Session.ID)
		w.same("identities", w.externals(r.Contact.ID), []string{"user:ann", "visitor"})
		w.same("session of the user elsewhere", w.record(w.signedMessage(ch, "ann", "other visitor", "3")).Session.ID, r.Session.ID)
	}},
	{"a visitor who has been signed in as somebody else says nothing about a user", func(w *world) {
		ch := w.channel("Web")
		ann := w.record(w.signedMessage(ch, "ann", "visitor", "1"))
		ben := w.record(w.signedMessage(ch, "ben", "visitor", "2"))
		if ben.Contact.ID == ann.Contact.ID || ben.Session.ID == ann.Session.ID || ben.Proven != nil {
			w.t.Error("two users of one computer are one")
		}
		w.same("ann's next", w.record(w.signedMessage(ch, "ann", "visitor", "3")).Session.ID, ann.Session.ID)
		w.same("ben's next", w.record(w.signedMessage(ch, "ben", "visitor", "4")).Session.ID, ben.Session.ID)
		w.same("ann's identities", w.externals(ann.Contact.ID), []string{"user:ann", "visitor"})
		w.same("ben's identities", w.externals(ben.Contact.ID), []string{"user:ben"})
	}},
	{"two users of a site are two contacts, even with one email", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		say := func(ch crm.Channel, user, id string) crm.Recorded {
			i := w.signedMessage(ch, user, "", id)
			i.Profile = verified("info@example.com", "")
			return w.record(i)
		}
		ann, ben := say(web, "ann", "1"), say(web, "ben", "1")
		if ann.Contact.ID == ben.Contact.ID {
			w.t.Error("an email joined two users")
		}
		w.same("the first on another site", say(shop, "ann", "1").Contact.ID, ann.Contact.ID)
		w.same("ben again", say(web, "ben", "2").Contact.ID, ben.Contact.ID)
		w.same("contacts", w.count("").Value, 2)
	}},
}

// In random acts the store is compared with a model of it, which is as simple as can be.
var (
	propertyCases     = []testCase{{"a few random acts leave each message with its account's contact", randomly(0, 30)}}
	slowPropertyCases = randomCases(6, 100)
)

// randomCases are cases that run side by side, each with other random acts.
func randomCases(seeds, acts int) (cases []testCase) {
	for seed := range seeds {
		name := fmt.Sprint("whatever is merged, undone, split and deleted in any order, each message stays with its account's contact, ", seed)
		cases = append(cases, testCase{name, randomly(uint64(seed), acts)})
	}
	return cases
}

// randomly does random acts in a workspace.
func randomly(seed uint64, acts int) func(w *world) {
	return func(w *world) { newPeople(w.neighbour(), seed).live(acts) }
}

// people is a workspace with a model of it.
type people struct {
	*world
	rng      *rand.Rand
	channels []crm.Channel
	contacts map[crm.ContactID]*modelled
	owner    map[crm.AccountID]crm.ContactID // of each account; absent once its contact is deleted
	account  map[crm.IdentityKey]crm.AccountID
	sessions map[crm.SessionID]*conversation
	survivor map[crm.ContactID]crm.ContactID
	merges   []*mergeMade
	everyone []crm.ContactID // who ever was
	n        int
}

// modelled is a contact in the model: the emails that staff have given.
type modelled struct{ emails map[string]bool }

type conversation struct {
	account  crm.AccountID
	messages int
}

// mergeMade is a merge that may be undone.
type mergeMade struct {
	crm.Merged
	before map[string]bool
	others map[crm.ContactID]lostContact
}

// lostContact is what a contact had when it was merged.
type lostContact struct {
	emails   map[string]bool
	accounts []crm.AccountID
	old      []crm.ContactID
}

func newPeople(w *world, seed uint64) *people {
	p := &people{
		world: w, rng: rand.New(rand.NewPCG(seed, 9)), contacts: map[crm.ContactID]*modelled{}, owner: map[crm.AccountID]crm.ContactID{},
		account: map[crm.IdentityKey]crm.AccountID{}, sessions: map[crm.SessionID]*conversation{},
		survivor: map[crm.ContactID]crm.ContactID{},
	}
	p.channels = []crm.Channel{w.channel("Web"), w.channel("Shop")}
	return p
}

// live does so many random things and compares the store with the model now and then.
func (p *people) live(acts int) {
	p.t.Helper()
	for n := range acts {
		switch p.rng.IntN(16) {
		case 0, 1, 2, 3, 4, 5:
			p.hear()
		case 6, 7, 8:
			p.join()
		case 9, 10:
			p.part()
		case 11, 12:
			p.takeBack()
		case 13:
			p.lose()
		case 14:
			p.closeOne()
		case 15:
			_, err := p.Maintain(p.ctx)
			p.check(err)
		}
		if n%10 == 9 {
			p.agree(n)
		}
		if p.t.Failed() {
			p.t.Fatalf("after %d acts", n+1)
		}
	}
	p.agree(acts)
	p.foldEvents()
}

// someone picks a random existing contact; ok is false if there are no contacts.
func (p *people) someone() (id crm.ContactID, ok bool) {
	all := slices.SortedFunc(maps.Keys(p.contacts), compareIDs)
	if len(all) == 0 {
		return id, false
	}
	return all[p.rng.IntN(len(all))], true
}

// hear records a message of somebody, known or new.
func (p *people) hear() {
	p.t.Helper()
	p.n++
	ch := p.channels[p.rng.IntN(2)]
	key := crm.IdentityKey{ChannelID: ch.ID, ExternalID: fmt.Sprint("customer ", p.rng.IntN(12))}
	r := p.says(ch, key.ExternalID, fmt.Sprint("message ", p.n))
	account, known := p.account[key]
	if !known {
		account = crm.FirstAccount(r.Contact.ID)
		p.account[key], p.owner[account] = account, r.Contact.ID
		email := fmt.Sprintf("customer%d@example.com", p.n)
		p.contacts[r.Contact.ID] = &modelled{emails: map[string]bool{email: true}}
		p.everyone = append(p.everyone, r.Contact.ID)
		p.edit(r.Contact.ID, func(c *crm.Contact) { c.Email, c.EmailFrom = &email, crm.Provenance{Origin: crm.Staff} })
	}
	p.same("account of the message", *r.Session.AccountID, account)
	p.same("contact of the message", r.Contact.ID, p.owner[account])
	s := p.sessions[r.Session.ID]
	if s == nil {
		s = &conversation{account: account}
		p.sessions[r.Session.ID] = s
	}
	s.messages++
	p.same("account of the session", s.account, account)
}

func (p *people) closeOne() {
	p.t.Helper()
	all := p.all()
	if len(all) > 0 {
		p.changeSession(all[p.rng.IntN(len(all))].ID, func(s *crm.Session) { s.Status = crm.Closed })
	}
}

// accountsOf are the accounts of a contact in the model.
func (p *people) accountsOf(id crm.ContactID) (out []crm.AccountID) {
	for a, owner := range p.owner {
		if owner == id {
			out = append(out, a)
		}
	}
	return out
}

// oldOf are the ids that lead to a contact in the model.
func (p *people) oldOf(id crm.ContactID) (out []crm.ContactID) {
	for old, survivor := range p.survivor {
		if survivor == id {
			out = append(out, old)
		}
	}
	slices.SortFunc(out, compareIDs)
	return out
}

// join merges a contact or two into another.
func (p *people) join() {
	p.t.Helper()
	into, ok := p.someone()
	other, _ := p.someone()
	if !ok || into == other || len(p.contacts[into].emails)+len(p.contacts[other].emails) > crm.MaxFurther {
		return
	}
	made := &mergeMade{Merged: p.merge(into, other), before: maps.Clone(p.contacts[into].emails), others: map[crm.ContactID]lostContact{}}
	made.others[other] = lostContact{maps.Clone(p.contacts[other].emails), p.accountsOf(other), p.oldOf(other)}
	maps.Copy(p.contacts[into].emails, p.contacts[other].emails)
	for _, a := range p.accountsOf(other) {
		p.owner[a] = into
	}
	for _, old := range append(p.oldOf(other), other) {
		p.survivor[old] = into
	}
	delete(p.contacts, other)
	p.merges = append(p.merges, made)
}

// takeBack undoes a merge if that can be.
func (p *people) takeBack() {
	p.t.Helper()
	if len(p.merges) == 0 {
		return
	}
	n := p.rng.IntN(len(p.merges))
	m := p.merges[n]
	id := m.Contact.ID
	_, err := p.UndoMerge(p.ctx, p.id, p.undoing(m.Merged))
	later := slices.ContainsFunc(p.merges[n+1:], func(o *mergeMade) bool { return o.Contact.ID == id })
	if _, merged := p.survivor[id]; merged || later {
		p.wantErr("undoing what is not the newest", err, crm.ErrNotNewest)
		return
	}
	p.check(err)
	p.merges = slices.Delete(p.merges, n, n+1)
	for other, was := range m.others {
		p.contacts[other] = &modelled{emails: was.emails}
		for email := range was.emails {
			if !m.before[email] {
				delete(p.contacts[id].emails, email)
			}
		}
		for _, a := range was.accounts {
			if p.owner[a] == id {
				p.owner[a] = other
			}
		}
		for _, old := range was.old {
			p.survivor[old] = other
		}
		delete(p.survivor, other)
	}
}

// part splits an account off.
func (p *people) part() {
	p.t.Helper()
	id, ok := p.someone()
	if !ok {
		return
	}
	keys := slices.Collect(maps.Keys(p.account))
	keys = slices.DeleteFunc(keys, func(k crm.IdentityKey) bool { return p.owner[p.account[k]] != id })
	slices.SortFunc(keys, func(a, b crm.IdentityKey) int {
		return slices.Compare([]byte(a.ExternalID+string(a.ChannelID[:])), []byte(b.ExternalID+string(b.ChannelID[:])))
	})
	if len(keys) == 0 {
		return
	}
	key := keys[p.rng.IntN(len(keys))]
	var into *crm.ContactID
	if other, _ := p.someone(); other != id && p.rng.IntN(2) == 0 {
		into = &other
	}
	out, err := p.SplitContact(p.ctx, p.id, p.splitting(id, into, key))
	if len(keys) == 1 {
		p.wantErr("splitting off everything", err, crm.ErrLastIdentity)
		return
	}
	p.check(err)
	if into == nil {
		p.contacts[out.Split.ID] = &modelled{emails: map[string]bool{}}
		p.everyone = append(p.everyone, out.Split.ID)
	}
	p.owner[p.account[key]] = out.Split.ID
	p.forgetParted(id)
}

// forgetParted forgets how to undo merges for contacts all of whose accounts were split off from the survivor.
func (p *people) forgetParted(survivor crm.ContactID) {
	p.merges = slices.DeleteFunc(p.merges, func(m *mergeMade) bool {
		if m.Contact.ID != survivor {
			return false
		}
		maps.DeleteFunc(m.others, func(_ crm.ContactID, was lostContact) bool {
			return len(was.accounts) > 0 && !slices.ContainsFunc(was.accounts, func(a crm.AccountID) bool { return p.owner[a] == survivor })
		})
		return len(m.others) == 0
	})
}

// lose deletes a contact, or is refused to by an old id.
func (p *people) lose() {
	p.t.Helper()
	for old, survivor := range p.survivor {
		p.wantMerged("deleting an old id", p.DeleteContact(p.ctx, p.id, old, p.deletion()), survivor)
		break
	}
	id, ok := p.someone()
	if !ok {
		return
	}
	p.remove(id)
	for _, a := range p.accountsOf(id) {
		delete(p.owner, a)
		maps.DeleteFunc(p.account, func(_ crm.IdentityKey, of crm.AccountID) bool { return of == a })
	}
	gone := append(p.oldOf(id), id)
	p.merges = slices.DeleteFunc(p.merges, func(m *mergeMade) bool { return slices.Contains(gone, m.Contact.ID) })
	for _, old := range gone {
		delete(p.survivor, old)
	}
	delete(p.contacts, id)
}

// agree fails the test unless the store is as the model is.
func (p *people) agree(n int) {
	p.t.Helper()
	when := fmt.Sprintf(" after %d acts", n+1)
	there, err := p.ContactsByID(p.ctx, p.id, p.everyone)
	p.check(err)
	p.same("contacts"+when, slices.SortedFunc(maps.Keys(there), compareIDs), slices.SortedFunc(maps.Keys(p.contacts), compareIDs))
	p.same("count"+when, p.count("").Value, len(p.contacts))
	survivors, err := p.Survivors(p.ctx, p.id, p.everyone)
	p.check(err)
	p.same("survivors"+when, survivors, p.survivor)
	for key, account := range p.account {
		i := slices.IndexFunc(p.identities(p.owner[account]), func(i crm.Identity) bool { return i.Key() == key && i.AccountID == account })
		if i < 0 {
			p.t.Errorf("%v is no identity of its account's contact%s", key, when)
		}
	}
	of := map[crm.ContactID]int{}
	for _, s := range p.all() {
		c := p.sessions[s.ID]
		if owner, owned := p.owner[c.account]; owned {
			of[owner]++
			p.same("contact of a session"+when, s.ContactID, &owner)
			p.same("account of a session"+when, s.AccountID, &c.account)
		} else {
			p.same("contact of a session of nobody"+when, s.ContactID, (*crm.ContactID)(nil))
		}
		p.same("messages of a session"+when, s.UnreadCount, c.messages)
	}
	p.same("sessions"+when, len(p.all()), len(p.sessions))
	for id, m := range p.contacts {
		p.same("sessions of a contact"+when, p.counts(storage.SessionFilter{Contact: &id}).Total, of[id])
		p.same("sessions of a contact in its list"+when, len(p.sessionsOf(id)), of[id])
		for email := range m.emails {
			page := p.page(storage.ContactQuery{Search: search.Parse(email, ""), Order: storage.Relevance, Page: aPage})
			if len(page.Rows) != 1 || page.Rows[0].Contact.ID != id {
				p.t.Errorf("the search for a value of %s finds %d contacts%s", id, len(page.Rows), when)
			}
			if !there[id].Holds("email", email) {
				p.t.Errorf("a value of %s is lost%s", id, when)
			}
		}
		p.same("values"+when, len(there[id].FurtherOf("email")), max(0, len(m.emails)-1))
	}
	p.sound(when)
}

func (p *people) sessionsOf(id crm.ContactID) []crm.SessionID {
	p.t.Helper()
	return p.world.sessions(storage.SessionFilter{Contact: &id})
}

// foldEvents fails the test unless who only reads the events knows who is there.
func (p *people) foldEvents() {
	p.t.Helper()
	there := map[crm.ContactID]bool{}
	for _, e := range p.upTo(p.marker()) {
		switch {
		case e.SessionID != nil || e.ContactID == nil:
		case e.Kind == crm.Created:
			there[*e.ContactID] = true
		case e.Kind == crm.Deleted || e.Kind == crm.MergedInto:
			delete(there, *e.ContactID)
		}
	}
	for id := range p.contacts {
		if !there[id] {
			p.t.Errorf("the events know nothing of %s", id)
		}
		delete(there, id)
	}
	p.same("who is not there", len(there), 0)
}

// proofs are those of the workspace.
func (w *world) proofs() (own []crm.Proven) {
	w.t.Helper()
	found, err := w.Proofs(w.ctx)
	w.check(err)
	for _, p := range found {
		if p.Workspace == w.id {
			own = append(own, p.Proven)
		}
	}
	return own
}
