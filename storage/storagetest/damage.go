package storagetest

import (
	"fmt"
	"strings"
	"testing"

	"kith/internal/crm"
	"kith/storage"
)

// Raw is the database of a store, past the store.
type Raw struct {
	// Exec runs statements without looking after foreign keys.
	Exec func(sql string)
	// Column runs a query of one column of text.
	Column func(sql string) []string
}

// Damaged runs the cases about what a check finds after damage that was done past the store, and about how it repairs
// that. open returns a store with its database: a new one each time, or always the same one.
func Damaged(t *testing.T, open func(t *testing.T) (storage.Store, Raw)) {
	t.Helper()
	for _, c := range damageCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store, raw := open(t)
			c.run(newDamaged(newWorld(t, store), raw))
		})
	}
}

// damageCases are cases of a workspace to do damage to.
var damageCases = []struct {
	name string
	run  func(d *damaged)
}{
	{"all that is wrong is found part by part, and repaired", func(d *damaged) {
		d.damage(`
			UPDATE contacts SET name_key = 'old' WHERE workspace_id = @w AND id = @ann;
			DELETE FROM contact_terms WHERE workspace_id = @w AND contact_id = @ann;
			DELETE FROM contact_activity WHERE workspace_id = @w AND contact_id = @ann;
			INSERT INTO contact_activity (workspace_id, contact_id, last_activity_at)
			  SELECT workspace_id, @nobody, last_activity_at FROM contact_activity WHERE workspace_id = @w;
			INSERT INTO contact_terms (workspace_id, term, contact_id) SELECT @w, 'a', @ben;
			INSERT INTO contact_terms (workspace_id, term, contact_id) SELECT @w, 'b', @nobody;
			UPDATE changes SET contact_id = @nobody WHERE workspace_id = @w AND contact_id = @ben;
			UPDATE contact_counts SET contacts = contacts + 5 WHERE workspace_id = @w;
			UPDATE session_counts SET sessions = sessions + 5 WHERE workspace_id = @w;
			UPDATE sessions SET account_id = NULL WHERE workspace_id = @w AND account_id = @ann;
			UPDATE sessions SET account_id = id WHERE workspace_id = @w AND account_id = @ben;
			UPDATE identities SET session_id = contact_id WHERE workspace_id = @w AND external_id = 'ben';
			UPDATE identities SET contact_id = session_id WHERE workspace_id = @w AND external_id = 'ann'`)
		ann, ben := d.ann.Contact.ID, d.ben.Contact.ID
		d.findsAndRepairs(
			about(storage.StaleKeys, ann), about(storage.MissingActivity, ann), about(storage.MissingTerms, ann),
			about(storage.ExtraTerm, ben), about(storage.OrphanTerm, d.nobody),
			about(storage.OrphanActivity, d.nobody),
			about(storage.OrphanIdentity, d.nobody), about(storage.LostSession, ben),
			storage.Finding{Kind: storage.KeptMessages}, storage.Finding{Kind: storage.KeptPreview},
			about(storage.OrphanSession, crm.ContactID(d.ben.Session.ID)),
			storage.Finding{Kind: storage.WrongCount}, storage.Finding{Kind: storage.WrongSessionCount},
			about(storage.KeptValues, d.nobody),
		)
		for _, id := range []crm.SessionID{d.ann.Session.ID, d.ben.Session.ID} {
			if s := d.session(id); s.ContactID != nil || s.LastMessagePreview != nil {
				d.t.Errorf("session %s has contact %v and preview %v", id, s.ContactID, s.LastMessagePreview)
			}
		}
		counts, err := d.CountSessions(d.ctx, d.id, storage.SessionFilter{Anonymous: new(true)})
		d.check(err)
		d.same("anonymous sessions", counts.Total, 2)
	}},
	{"the values of a contact that is gone are one finding, and of its events nothing stays but their sequence numbers", func(d *damaged) {
		d.damage(`
			UPDATE changes SET seq = 0 WHERE workspace_id = @w AND contact_id = @ann AND kind = 'UPDATED';
			UPDATE changes SET contact_id = @nobody WHERE workspace_id = @w AND contact_id = @ann`)
		d.findsAndRepairs(about(storage.KeptValues, d.nobody))
		d.same("events without a contact", d.column(`
			SELECT kind FROM changes WHERE workspace_id = @w AND session_id IS NULL AND contact_id IS NULL AND version = 0`),
			[]string{string(crm.Created)})
		d.same("the other contact's history", len(d.history(d.ben.Contact.ID)), 3)
	}},
	{"an account and an old id of a contact that is not there are found, and removed", func(d *damaged) {
		d.damage(`
			INSERT INTO accounts (workspace_id, account_id, contact_id) SELECT @w, @nobody, @nobody;
			INSERT INTO redirects (workspace_id, contact_id, survivor_id) SELECT @w, @nobody, @nobody;
			INSERT INTO redirects (workspace_id, contact_id, survivor_id) SELECT @w, @ben, @ann`)
		ann := d.ann.Contact.ID
		d.findsAndRepairs(
			about(storage.OrphanAccount, d.nobody), about(storage.OrphanRedirect, ann), about(storage.OrphanRedirect, d.nobody),
		)
		d.same("history of a contact that was said to be part of another", len(d.history(d.ben.Contact.ID)), 3)
	}},
	{"webhook deliveries of an endpoint that is not there are found, and removed, and no other's", func(d *damaged) {
		deliver := func(url string, n int) {
			e := d.newEndpoint(url)
			var made []crm.WebhookDelivery
			for i := range n {
				made = append(made, d.delivery(e, crm.NewEventID(d.now), crm.Sequence(i+1)))
			}
			d.round(e, e.WebhookProgress, made...)
		}
		deliver("https://example.com/hook", 2)
		d.same("findings of an endpoint that is there", d.findings(false), []storage.Finding(nil))
		d.damage(`DELETE FROM webhook_endpoints WHERE workspace_id = @w`)
		deliver("https://example.org/hook", 1)
		d.findsAndRepairs(storage.Finding{Kind: storage.OrphanDelivery}, storage.Finding{Kind: storage.OrphanDelivery})
		d.same("deliveries", d.column(`SELECT type FROM webhook_deliveries WHERE workspace_id = @w`), []string{"contact.created"})
	}},
	{"an identity goes to the contact that its account belongs to", func(d *damaged) {
		ann, ben := d.ann.Contact.ID, d.ben.Contact.ID
		d.damage(`UPDATE identities SET contact_id = @ben WHERE workspace_id = @w AND external_id = 'ann'`)
		d.findsAndRepairs(about(storage.StrayIdentity, ben))
		d.same("Ann's identities", d.externals(ann), []string{"ann"})
		d.same("Ben's identities", d.externals(ben), []string{"ben"})
	}},
	{"the sessions of an account of a contact that is not there become anonymous, and nobody else's", func(d *damaged) {
		d.damage(`INSERT INTO accounts (workspace_id, account_id, contact_id) SELECT @w, @ann, @nobody`)
		d.findsAndRepairs(about(storage.OrphanSession, d.nobody), about(storage.OrphanAccount, d.nobody))
		if s := d.session(d.ann.Session.ID); s.ContactID != nil || s.AccountID != nil {
			d.t.Errorf("the session is %v's", s.ContactID)
		}
		d.same("the other's session", *d.session(d.ben.Session.ID).ContactID, d.ben.Contact.ID)
	}},
	{"a check of one workspace neither finds nor repairs the damage of another", func(d *damaged) {
		d.damage(`
			UPDATE contacts SET search_text = 'old' WHERE workspace_id = @w AND id = @ann;
			DELETE FROM contact_counts WHERE workspace_id = @w`)
		other := d.neighbour()
		for _, repair := range []bool{false, true} {
			d.same(fmt.Sprintf("findings in the other, repair %v", repair), other.findings(repair), []storage.Finding(nil))
		}
		d.findsAndRepairs(about(storage.StaleKeys, d.ann.Contact.ID), storage.Finding{Kind: storage.WrongCount})
	}},
}

// damaged is a workspace with two customers, Ann and Ben, with a session each. Both were renamed twice.
type damaged struct {
	*world
	raw      Raw
	ann, ben crm.Recorded
	nobody   crm.ContactID // is no contact's, but the id of Ann's session
}

func newDamaged(w *world, raw Raw) *damaged {
	w.t.Helper()
	ch := w.channel("Web")
	d := &damaged{world: w, raw: raw, ann: w.record(w.message(ch, "ann", "1")), ben: w.record(w.message(ch, "ben", "2"))}
	d.nobody = crm.ContactID(d.ann.Session.ID)
	for _, name := range []string{"First", "Second"} {
		w.edit(d.ann.Contact.ID, rename("Ann "+name))
		w.edit(d.ben.Contact.ID, rename("Ben "+name))
		w.edit(d.ann.Contact.ID, func(c *crm.Contact) { c.Email = new(strings.ToLower(name) + "@example.com") })
	}
	w.same("findings before any damage", w.findings(false), []storage.Finding(nil))
	return d
}

// damage runs statements in which @w is the workspace, @ann and @ben are the customers' contacts, and @nobody is nobody's
// id.
func (d *damaged) damage(sql string) {
	d.t.Helper()
	d.raw.Exec(d.filledIn(sql))
}

func (d *damaged) column(sql string) []string {
	d.t.Helper()
	return d.raw.Column(d.filledIn(sql))
}

// filledIn reads ids from the database, because each database writes them in another way.
func (d *damaged) filledIn(sql string) string {
	read := func(column, customer string) string {
		return fmt.Sprintf(`(SELECT %s FROM identities WHERE workspace_id = %d AND external_id = '%s')`, column, d.id, customer)
	}
	return strings.NewReplacer(
		"@w", fmt.Sprint(d.id), "@ann", read("contact_id", "ann"), "@ben", read("contact_id", "ben"), "@nobody", read("session_id", "ann"),
	).Replace(sql)
}

// findsAndRepairs compares what a check finds with what is wanted, has it repaired, and checks that nothing is left.
func (d *damaged) findsAndRepairs(want ...storage.Finding) {
	d.t.Helper()
	for _, repair := range []bool{false, true} {
		for i := range want {
			want[i].Workspace, want[i].Repaired = d.name, repair
		}
		d.same(fmt.Sprintf("findings, repair %v", repair), d.findings(repair), want)
	}
	d.same("findings after the repair", d.findings(false), []storage.Finding(nil))
}

// about is a finding about a contact.
func about(kind storage.FindingKind, id crm.ContactID) storage.Finding {
	return storage.Finding{Kind: kind, Contact: &id}
}
